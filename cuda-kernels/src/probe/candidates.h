// The best of many scores for one query, kept by a warp: places in device memory for more than the k that are wanted,
// so that what is found waits there unsorted; when they are full, a bitonic sort brings the k best to the front, and
// the k-th of them is what others must beat from then on. Almost all scores then fail one comparison. For keys in
// random order about k ln(n / k) of n get in; a sort of p places takes log2(p) (log2(p) + 1) / 2 steps of p / 2
// exchanges.
//
// The order is total (score, then index), so that what is kept does not depend on when the sorts happen.
#pragma once

#include <cstdint>
#include <limits>

#include "tile/reduce.h"

namespace gramian {

struct Candidate {
  float score;
  int32_t index;
};

__device__ __forceinline__ bool better(const Candidate& a, const Candidate& b) {
  return a.score > b.score || (a.score == b.score && a.index < b.index);
}

constexpr float kNoScore = -std::numeric_limits<float>::infinity();

// Places for the k best: a power of 2, twice as many, and 32 that a warp may bring at once.
inline int places_for(int k) {
  int places = 64;
  while (places < 2 * k || places < k + 32) places *= 2;
  return places;
}

struct Candidates {
  Candidate* places;
  int capacity;  // places_for(k)
  int k;
  int count;    // the same in all lanes
  float worst;  // score that a new one must be above: that of the k-th best, once there are so many

  // Each lane's score, if it is above the worst: NaN and -infinity never are. Scores that equal the worst must come
  // with rising indices, as they then are worse than it.
  __device__ __forceinline__ void offer(float score, int32_t index) {
    const bool hit = score > worst;
    if (__ballot_sync(tile::kAllLanes, hit) == 0) return;
    if (count + 32 > capacity) keep_best();
    const bool still = score > worst;
    const unsigned hits = __ballot_sync(tile::kAllLanes, still);
    const unsigned before = hits & ((1u << threadIdx.x % 32) - 1);
    if (still) places[count + __popc(before)] = {score, index};
    count += __popc(hits);
  }

  // Sorts, best first, and forgets all but the k best.
  __device__ __forceinline__ void keep_best() {
    const int lane = static_cast<int>(threadIdx.x % 32);
    int size = 1;
    while (size < count) size *= 2;
    for (int i = count + lane; i < size; i += 32) places[i] = {kNoScore, INT32_MAX};
    for (int span = 2; span <= size; span *= 2) {
      for (int away = span / 2; away > 0; away /= 2) {
        __syncwarp();  // other lanes wrote what this one compares
        for (int i = lane; i < size / 2; i += 32) sort_pair(2 * i - (i & (away - 1)), away, span);
      }
    }
    __syncwarp();  // and what it reads now
    count = count < k ? count : k;
    worst = count < k ? kNoScore : places[k - 1].score;
  }

 private:
  __device__ __forceinline__ void sort_pair(int low, int away, int span) {
    const Candidate a = places[low];
    const Candidate b = places[low + away];
    const bool swaps = (low & span) == 0 ? better(b, a) : better(a, b);
    if (!swaps) return;
    places[low] = b;
    places[low + away] = a;
  }
};

}  // namespace gramian
