// SimCLR-sq, SimCLR-abs, DCL-sq, DCL-abs on the device. Formula: gramian/epilogue/unsigned_contrastive.h; loops, FLOP
// and memory: view_contrast.h.
#include "gramian/epilogue/unsigned_contrastive.h"

#include "gram/precisions.h"
#include "gramian/contrastive.h"
#include "losses/view_contrast.h"

namespace gramian {
namespace {

struct UnsignedRow {
  int64_t n;
  const double* positive;
  int kind;
  bool replaced;
  bool kept;
  double temperature;

  __device__ __forceinline__ RowLoss operator()(int64_t i, double negatives, double shift) const {
    const unsigned_contrastive::Row row = unsigned_contrastive::row(
        kind, replaced, kept, negatives, shift, positive[i < n ? i : i - n], temperature);
    return {row.loss, row.inverse, row.pull};
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_unsigned_contrastive(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float temperature, int32_t similarity, int32_t replaced, int32_t kept, double* loss, float* dza,
    float* dzb) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const int kind = similarity == GRAMIAN_SIMILARITY_SQUARE ? gramian::similarity::kSquare
                                                             : gramian::similarity::kAbsolute;
    const gramian_input z[2] = {za, zb};
    const gramian_output dz[2] = {dza, dzb};
    const float beta[2] = {0, 0};
    with_precision(context, [&](auto mode) {
      ViewContrast<decltype(mode)> call(context, {2, n, d, d}, temperature, RowRule::unit, kind);
      call.take(z);
      call.value(UnsignedRow{n, call.positives(), kind, replaced != 0, kept != 0, temperature}, 2 * n, loss);
      if (dza != nullptr) call.gradient(1, beta, dz);
    });
  });
}
