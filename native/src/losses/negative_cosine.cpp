// Negative cosine between predictions and targets: SimSiam (Chen and He 2021, arXiv 2011.10566, eq. 1), BYOL (Grill et
// al. 2020, arXiv 2006.07733, eq. 2: 2 - 2 cos). 6 n d FLOP, 10 n d with the gradient; reads p and z once from memory.
#include "core/context.h"
#include "core/status.h"
#include "gram/rounds.h"
#include "gramian/predictive.h"
#include "losses/predictive_rows.h"

gramian_status gramian_negative_cosine(gramian_context* context, int64_t n, int64_t d, const float* p, const float* z,
    float eps, float weight, double* value, float* dp) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Blocks blocks(n, 32);  // rows of one partial sum: the partition depends on n alone
    double* sums = context->scratch<double>(blocks.count());
    const double factor = -static_cast<double>(weight) / static_cast<double>(n);
    for_each_block(context->threads, blocks, [&](int, Range rows) {
      sums[rows.begin / blocks.size()] =
          GRAMIAN_SIMD(cosine_rows)(rows.begin, rows.begin + rows.size, d, p, z, eps, factor, dp);
    });
    double sum = 0;
    for (int64_t block = 0; block < blocks.count(); ++block) sum += sums[block];
    *value = -sum / static_cast<double>(n);
  });
}
