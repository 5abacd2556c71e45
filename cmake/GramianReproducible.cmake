# Two builds of one commit give the same bytes, wherever their checkouts lie: source paths in messages begin at the
# checkout, not at the root of the machine. nvcc names what is private to a file by the paths of the file and of
# temporary ones: it is told the former from the checkout too, and these go beside the object.
function(gramian_reproducible target)
  get_filename_component(checkout ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/.. ABSOLUTE)
  set(map -ffile-prefix-map=${checkout}/=)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${map}> $<$<COMPILE_LANGUAGE:CUDA>:-objtemp>)
  # nvcc hands on what is for the compiler of the processor without quotes
  if(NOT checkout MATCHES " ")
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=${map}>)
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    if(source MATCHES "\\.cu$")
      file(RELATIVE_PATH path ${checkout} ${source})
      set_property(SOURCE ${source} APPEND PROPERTY
        COMPILE_OPTIONS $<$<COMPILE_LANGUAGE:CUDA>:-Xcudafe=--orig_src_path_name=${path}>)
    endif()
  endforeach()
endfunction()
