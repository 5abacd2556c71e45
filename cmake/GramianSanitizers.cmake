# AddressSanitizer and UndefinedBehaviorSanitizer, when GRAMIAN_SANITIZE is ON.
function(gramian_sanitize target)
  if(GRAMIAN_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
    target_compile_definitions(${target} PRIVATE GRAMIAN_SANITIZE=1)
  endif()
endfunction()
