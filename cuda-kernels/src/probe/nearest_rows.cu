// The k nearest rows: tiles of 128 queries x 128 keys by the main loop of the Gram kernels, 2 m n d FLOP; a tile of
// scores goes to shared memory, where the warp that owns a query offers them to its candidates (candidates.h). The
// (m,n) matrix is never stored. Keys are cut where there are few queries; a second kernel merges the cuts. Always in
// float32, whatever the precision of the stream: a neighbour is an index, and rounded operands would decide nearly
// equal keys by their rounding.
#include "probe/nearest_rows.h"

#include <algorithm>

#include "gram/splits.h"
#include "gram/tile_product.h"
#include "gramian/probe.h"
#include "probe/candidates.h"

namespace gramian {
namespace {

using Rows = Operand<tile::Float32>;
using Shape = TileShape<tile::Float32, 4, 4, 2>;  // 128 x 128

constexpr int kWarps = kGramThreads / 32;
// Rows of the score tile 8 banks apart: the lanes that store a fragment then meet in pairs only.
constexpr int kScoreStride = Shape::kColumns + 8;
constexpr int64_t kStageElements = Shape::kStages * Shape::kStage;
static_assert(Shape::kRows * kScoreStride <= kStageElements, "a tile of scores lies where its operands were");
constexpr int64_t kMostBytes = int64_t{256} << 20;  // of candidates at a time

// What a block keeps of its queries between tiles; a row belongs to warp row % kWarps.
struct Kept {
  tile::Shared<int> count;
  tile::Shared<float> worst;
};

struct Search {
  Rows queries, keys;
  const float* bias;      // (n), or null
  Candidate* candidates;  // (m, splits, capacity)
  int* counts;            // (m, splits)
  int k, capacity, splits;
  int tiles;  // of keys in a split

  __device__ __forceinline__ Candidates of(int64_t query, int split, int count, float worst) const {
    return {candidates + (query * splits + split) * capacity, capacity, k, count, worst};
  }
};

// A tile of products, whose first key is j0, as scores to shared memory; keys behind the last have none.
__device__ __forceinline__ void store_scores(
    const Search& of, const Shape::Sums& products, tile::Shared<float> scores, int64_t j0) {
#pragma unroll
  for (int c = 0; c < 2 * Shape::kN; ++c) {
    const int column = Shape::column(c / 2, c % 2);
    const bool inside = j0 + column < of.keys.count;
    const float bias = inside && of.bias != nullptr ? of.bias[j0 + column] : 0.0f;
#pragma unroll
    for (int m = 0; m < Shape::kM; ++m) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float score = products.value[m][c / 2][2 * half + c % 2] + bias;
        scores[Shape::row(m, 2 * half) * kScoreStride + column] = inside ? score : kNoScore;
      }
    }
  }
}

// The scores to the candidates of this warp's queries.
__device__ __forceinline__ void offer_scores(
    const Search& of, tile::Shared<float> scores, const Kept& kept, int64_t i0, int64_t j0) {
  const int lane = static_cast<int>(threadIdx.x % 32);
#pragma unroll 1
  for (int r = static_cast<int>(threadIdx.x / 32); r < Shape::kRows && i0 + r < of.queries.count; r += kWarps) {
    Candidates mine = of.of(i0 + r, static_cast<int>(blockIdx.y), kept.count[r], kept.worst[r]);
#pragma unroll 1
    for (int column = lane; column < Shape::kColumns; column += 32) {
      mine.offer(scores[r * kScoreStride + column], static_cast<int32_t>(j0 + column));
    }
    __syncwarp();  // all lanes have read the count
    if (lane == 0) {
      kept.count[r] = mine.count;
      kept.worst[r] = mine.worst;
    }
    __syncwarp();  // and read the new one with the next tile
  }
}

// One block on a multiprocessor: for two, the accumulators would spill.
__global__ void __launch_bounds__(kGramThreads, 1) collect_nearest(Search of) {
  tile::SharedMemory memory;
  const auto stages = memory.take<float>(kStageElements);
  const Kept kept = {memory.take<int>(Shape::kRows), memory.take<float>(Shape::kRows)};
  const int64_t i0 = static_cast<int64_t>(blockIdx.x) * Shape::kRows;
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warp = static_cast<int>(threadIdx.x / 32);
  for (int r = warp + kWarps * lane; r < Shape::kRows; r += kWarps * 32) {
    kept.count[r] = 0;
    kept.worst[r] = kNoScore;
  }
  const int first = static_cast<int>(blockIdx.y) * of.tiles;
#pragma unroll 1
  for (int t = first; t < first + of.tiles && static_cast<int64_t>(t) * Shape::kColumns < of.keys.count; ++t) {
    const int64_t j0 = static_cast<int64_t>(t) * Shape::kColumns;
    Shape::Sums s;
    multiply_tile<Shape>(s, stages, of.queries, i0, of.keys, j0);
    store_scores(of, s, stages, j0);
    __syncthreads();  // a warp goes on with rows that others computed
    offer_scores(of, stages, kept, i0, j0);
    __syncthreads();  // nobody may load the next tile before all have read the scores
  }
  __syncwarp();  // the first lanes may have kept nothing yet
  for (int r = warp; r < Shape::kRows && i0 + r < of.queries.count; r += kWarps) {
    Candidates mine = of.of(i0 + r, static_cast<int>(blockIdx.y), kept.count[r], kept.worst[r]);
    mine.keep_best();
    if (lane == 0) of.counts[(i0 + r) * of.splits + blockIdx.y] = mine.count;
  }
}

// A warp per query: the sorted candidates of all splits, in their order, into those of the first, and out.
__global__ void __launch_bounds__(kGramThreads)
    merge_nearest(Search of, int32_t* __restrict__ index, float* __restrict__ score) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / 32;
  if (i >= of.queries.count) return;  // the whole warp
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int* counts = of.counts + i * of.splits;
  Candidates all = of.of(i, 0, counts[0], kNoScore);
  all.worst = all.count < of.k ? kNoScore : all.places[of.k - 1].score;
  for (int s = 1; s < of.splits; ++s) {
    const Candidates more = of.of(i, s, counts[s], kNoScore);
    for (int p = lane; p - lane < more.count; p += 32) {
      const Candidate one = p < more.count ? more.places[p] : Candidate{kNoScore, 0};
      all.offer(one.score, one.index);
    }
  }
  if (of.splits > 1) all.keep_best();
  for (int p = lane; p < of.k; p += 32) {
    const bool there = p < all.count;
    index[i * of.k + p] = there ? all.places[p].index : -1;
    score[i * of.k + p] = there ? all.places[p].score : kNoScore;
  }
}

// A split has at least as many keys as it has places for them.
Splits cut_keys(int64_t m, int64_t n, int capacity) {
  const Splits most = split_columns(blocks_of(m, Shape::kRows), n, Shape::kColumns);
  const int tiles = most.tiles > capacity / Shape::kColumns ? most.tiles : capacity / Shape::kColumns;
  const int64_t all = (n + Shape::kColumns - 1) / Shape::kColumns;
  return {tiles == 0 ? 1 : static_cast<int>((all + tiles - 1) / tiles), tiles};
}

}  // namespace

void nearest_rows(gramian_context* context, const NearestRows& of, int64_t most_bytes) {
  if (of.m == 0 || of.k == 0) return;
  check_counts(of.m, of.n);
  if (of.k > int64_t{1} << 29) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "more than 2^29 neighbours");
  const int capacity = places_for(static_cast<int>(of.k));
  const Splits splits = cut_keys(of.m, of.n, capacity);
  const int64_t each = splits.count * capacity * static_cast<int64_t>(sizeof(Candidate));  // of a query
  const int64_t most = std::max<int64_t>(1, most_bytes / each / Shape::kRows) * Shape::kRows;
  for (int64_t first = 0; first < of.m; first += most) {
    const int64_t count = std::min(most, of.m - first);
    context->begin();  // the kernels of these queries come after those of the ones before in the stream
    const Search search = {lay_out<tile::Float32>(context, count, of.d, of.queries + first * of.d, of.d),
        lay_out<tile::Float32>(context, of.n, of.d, of.keys, of.d), of.bias,
        context->scratch<Candidate>(count * splits.count * capacity), context->scratch<int>(count * splits.count),
        static_cast<int>(of.k), capacity, splits.count, splits.tiles};
    launch(context->stream,
        {"nearest_rows", dim3(blocks_of(count, Shape::kRows), static_cast<unsigned>(splits.count)), kGramThreads,
            tile::shared_bytes<float>(kStageElements) + tile::shared_bytes<int>(Shape::kRows) +
                tile::shared_bytes<float>(Shape::kRows)},
        collect_nearest, search);
    launch(context->stream, {"nearest_rows_merge", blocks_of(count, kWarps), kGramThreads}, merge_nearest, search,
        of.index + first * of.k, of.score + first * of.k);
  }
}

}  // namespace gramian

gramian_status gramian_nearest_rows(gramian_context* context, int64_t m, int64_t n, int64_t d, const float* queries,
    const float* keys, const float* bias, int64_t k, int32_t* index, float* score) {
  using namespace gramian;
  return guarded([&] { nearest_rows(context, {m, n, d, queries, keys, bias, k, index, score}, kMostBytes); });
}
