// Shuffles, votes, atomics and barriers compute what CUDA's programming guide says.
#include <cuda_runtime.h>

#include <algorithm>
#include <vector>

#include "core/launch.h"
#include "simt_tests.h"
#include "tile/shared.h"

namespace {

using gramian::launch;
using gramian::tile::Shared;
using gramian::tile::SharedMemory;

constexpr unsigned kAllLanes = 0xffffffffu;

// Five numbers per thread.
__global__ void shuffles(double* out) {
  const int i = static_cast<int>(threadIdx.x);
  const unsigned mask = i < 32 ? kAllLanes : 0x000000ffu;  // the second warp has 8 lanes
  double* mine = out + 5 * i;
  mine[0] = __shfl_up_sync(mask, static_cast<double>(i), 3, 8);
  mine[1] = __shfl_down_sync(mask, static_cast<float>(i), 3, 8);
  mine[2] = __shfl_xor_sync(mask, i, 5, 8);
  mine[3] = __shfl_sync(mask, i, 10, 8);
  const int any = __any_sync(mask, i == 35);
  const int all = __all_sync(mask, i < 32);
  mine[4] = __builtin_popcount(__ballot_sync(mask, i % 3 == 0)) + 100 * any + 1000 * all;
}

__global__ void count(int* sum, int* largest, int* order, int* next) {
  atomicAdd(sum, static_cast<int>(threadIdx.x));
  atomicMax(largest, static_cast<int>(threadIdx.x + 100 * blockIdx.x));
  order[atomicAdd(next, 1)] = static_cast<int>(threadIdx.x + blockDim.x * blockIdx.x);
}

// A tree sum over the block, in the fixed order of the tree.
__global__ void tree_sum(const float* x, float* sums) {
  SharedMemory memory;
  Shared<float> part = memory.take<float>(blockDim.x);
  part[threadIdx.x] = x[blockIdx.x * blockDim.x + threadIdx.x];
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = part[0];
}

}  // namespace

int warp_tests() {
  using simt_tests::expect_close;
  std::vector<double> out(5 * 40);
  launch(nullptr, {"shuffles", 1, 40}, shuffles, out.data());
  int failures = 0;
  for (int i = 0; i < 40; ++i) {
    const int s = i / 8 * 8;
    const std::string at = "lane " + std::to_string(i);
    failures += expect_close(at + " up", out[5 * i], i - 3 < s ? i : i - 3, 0);
    failures += expect_close(at + " down", out[5 * i + 1], i + 3 >= s + 8 ? i : i + 3, 0);
    failures += expect_close(at + " xor", out[5 * i + 2], i ^ 5, 0);
    failures += expect_close(at + " index", out[5 * i + 3], s + 2, 0);
    // multiples of 3: 11 below 32, then 33, 36, 39
    failures += expect_close(at + " votes", out[5 * i + 4], i < 32 ? 11 + 1000 : 3 + 100, 0);
  }
  return failures;
}

int schedule_tests() {
  constexpr int kBlocks = 3;
  constexpr int kThreads = 96;
  int failures = 0;
  std::vector<std::vector<int>> orders;
  std::vector<float> x(kBlocks * 128);
  for (size_t i = 0; i < x.size(); ++i) x[i] = 1.0f / static_cast<float>(i + 1);
  std::vector<float> first;
  for (const uint64_t seed : {1, 2, 3, 1}) {
    const cudaStream_t stream = simt::new_stream(seed);
    int sum = 0;
    int largest = -1;
    int next = 0;
    std::vector<int> order(kThreads);
    launch(stream, {"count", 1, kThreads}, count, &sum, &largest, order.data(), &next);
    failures += simt_tests::expect_close("sum", sum, kThreads * (kThreads - 1) / 2, 0);
    failures += simt_tests::expect_close("largest", largest, kThreads - 1, 0);
    orders.push_back(order);
    std::sort(order.begin(), order.end());
    for (int i = 0; i < kThreads; ++i) failures += simt_tests::expect_close("each once", order[i], i, 0);
    std::vector<float> sums(kBlocks);
    launch(stream, {"tree_sum", kBlocks, 128, 512}, tree_sum, x.data(), sums.data());
    if (first.empty()) first = sums;
    failures += first == sums ? 0 : 1;
    cudaStreamDestroy(stream);
  }
  failures += orders[0] != orders[1] && orders[1] != orders[2] ? 0 : 1;
  failures += orders[0] == orders[3] ? 0 : 1;
  return failures;
}
