# Finds nvcc on the path, in CUDACXX or in the usual folder; sets CMAKE_CUDA_COMPILER, or leaves it empty.
# Architectures: machine code for sm_80 and sm_90, PTX for what is newer.
macro(gramian_find_cuda)
  include(CheckLanguage)
  if(NOT DEFINED CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(CMAKE_CUDA_COMPILER nvcc HINTS /usr/local/cuda/bin)
    if(NOT CMAKE_CUDA_COMPILER)
      unset(CMAKE_CUDA_COMPILER CACHE)
    endif()
  endif()
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90)
  check_language(CUDA)
endmacro()

# Warnings of the house for CUDA sources, as errors; register spills are warnings too.
function(gramian_cuda_warnings target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings -Xptxas=-warn-spills -Xcompiler=-Wall,-Wextra,-Werror>)
endfunction()
