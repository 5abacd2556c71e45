// SimCLR-sq, SimCLR-abs, DCL-sq, DCL-abs. Formula: gramian/epilogue/unsigned_contrastive.h; loops: view_contrast.h.
#include "gramian/epilogue/unsigned_contrastive.h"

#include "core/status.h"
#include "gramian/contrastive.h"
#include "losses/view_contrast.h"

namespace gramian {
namespace {

struct UnsignedRow {
  int kind;
  bool replaced;
  bool kept;
  double temperature;

  RowLoss operator()(int64_t view, int64_t, double negatives, double shift, const double* s, float* pull) const {
    const unsigned_contrastive::Row row =
        unsigned_contrastive::row(kind, replaced, kept, negatives, shift, s[1 - view], temperature);
    pull[1 - view] = static_cast<float>(row.pull);
    return {row.loss, row.inverse};
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_unsigned_contrastive(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float temperature, int32_t similarity, int32_t replaced, int32_t kept, double* loss, float* dza,
    float* dzb) {
  return gramian::guarded([&] {
    context->begin();
    const int kind = similarity == GRAMIAN_SIMILARITY_SQUARE ? gramian::similarity::kSquare
                                                             : gramian::similarity::kAbsolute;
    gramian::ViewContrast call(context, {2, n, d, d}, temperature, gramian::RowRule::unit, kind);
    const gramian_input z[2] = {za, zb};
    call.take(z);
    *loss = call.value(gramian::UnsignedRow{kind, replaced != 0, kept != 0, temperature}, 2 * n);
    if (dza == nullptr) return;
    const gramian_output dz[2] = {dza, dzb};
    call.gradient(1, nullptr, dz);
  });
}
