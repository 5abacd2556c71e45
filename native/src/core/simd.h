// Choice of instruction set at run time. A file *.simd.cpp is compiled once per set, inside namespace gramian::<set>:
//
//   GRAMIAN_SIMD_DECLARE(void, add, (int64_t n, const float* x, float* y))     in the header
//   namespace gramian::GRAMIAN_ISA { void add(int64_t n, const float* x, float* y) { ... } }   in add.simd.cpp
//   GRAMIAN_SIMD(add)(n, x, y);                                                at the call
#pragma once

#include <cstdint>

namespace gramian {

enum class InstructionSet { plain, avx2, avx512 };

// The best set of this processor, or the lower one that the environment variable GRAMIAN_ISA names.
InstructionSet instruction_set();

}  // namespace gramian

#define GRAMIAN_SIMD_DECLARE(result, name, arguments) \
  namespace gramian {                                 \
  namespace plain {                                   \
  result name arguments;                              \
  }                                                   \
  namespace avx2 {                                    \
  result name arguments;                              \
  }                                                   \
  namespace avx512 {                                  \
  result name arguments;                              \
  }                                                   \
  }

#define GRAMIAN_SIMD(name)                                                                     \
  (::gramian::instruction_set() == ::gramian::InstructionSet::avx512 ? ::gramian::avx512::name \
   : ::gramian::instruction_set() == ::gramian::InstructionSet::avx2 ? ::gramian::avx2::name   \
                                                                     : ::gramian::plain::name)
