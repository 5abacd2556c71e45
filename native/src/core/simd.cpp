#include "core/simd.h"

#include <cstdlib>
#include <cstring>

namespace gramian {
namespace {

InstructionSet detect() {
  InstructionSet best = InstructionSet::plain;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) best = InstructionSet::avx2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd")) {
    best = InstructionSet::avx512;
  }
  const char* wanted = std::getenv("GRAMIAN_ISA");
  if (wanted == nullptr) return best;
  if (std::strcmp(wanted, "plain") == 0) return InstructionSet::plain;
  if (std::strcmp(wanted, "avx2") == 0 && best != InstructionSet::plain) return InstructionSet::avx2;
  return best;
}

}  // namespace

InstructionSet instruction_set() {
  static const InstructionSet chosen = detect();
  return chosen;
}

}  // namespace gramian
