# Compiles each *.simd.cpp once per instruction set, into namespace gramian::<set>; chosen at run time
# (src/core/simd.h). Such a file must not instantiate inline functions with external linkage (no std containers): the
# linker could then keep the copy with the newest instructions for everybody.
function(gramian_simd_sources target)
  # Neither flag changes a value: exception flags and errno are not read, and without them the compiler vectorises
  # comparisons (a < b ? a : b, NaN included) and square roots.
  set(flags_values -fno-trapping-math -fno-math-errno)
  set(flags_plain -march=x86-64-v2)
  set(flags_avx2 -march=x86-64-v3)
  set(flags_avx512 -march=x86-64-v4 -mprefer-vector-width=512)
  foreach(isa plain avx2 avx512)
    add_library(${target}_${isa} OBJECT ${ARGN})
    set_target_properties(${target}_${isa} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
    target_compile_options(${target}_${isa} PRIVATE ${flags_${isa}} ${flags_values})
    target_compile_definitions(${target}_${isa} PRIVATE GRAMIAN_ISA=${isa})
    target_include_directories(${target}_${isa} PRIVATE $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
    target_link_libraries(${target}_${isa} PRIVATE OpenMP::OpenMP_CXX)
    gramian_warnings(${target}_${isa})
    gramian_reproducible(${target}_${isa})
    gramian_sanitize(${target}_${isa})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_${isa}>)
  endforeach()
endfunction()
