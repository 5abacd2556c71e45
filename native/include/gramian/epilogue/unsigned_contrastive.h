// SimCLR-sq, SimCLR-abs, DCL-sq and DCL-abs (Garrido et al., arXiv 2206.02574, section 3): NT-Xent and DCL that repel
// by f(s) = s^2 or |s| instead of the cosine s (similarity.h). For a row with negatives j and positive p:
//
//   L_i = log( sum_j exp(f(s_j) / tau) [ + exp(f(s_p) / tau) with the positive kept ] ) - a(s_p) / tau
//
// The paper leaves open whether the attractive term is replaced too: a = s (the pair is pulled together), or a = f.
// With N the sum over the negatives, E = exp(f(s_p) / tau) or 0, A = 1 / (N + E):
//
//   dL_i/ds_j = f'(s_j) A exp(f(s_j) / tau) / tau,     dL_i/ds_p = -( a'(s_p) - f'(s_p) A E ) / tau
#pragma once

#include <math.h>

#include "gramian/epilogue/similarity.h"

namespace gramian {
namespace unsigned_contrastive {

struct Row {
  double loss;
  double inverse;  // A, in units of the shift
  double pull;     // -tau dL_i/ds_p
};

// negatives = sum of exp((f(s_j) - shift) / tau).
GRAMIAN_HOST_DEVICE Row row(
    int kind, bool replaced, bool kept, double negatives, double shift, double s, double temperature) {
  const double f = similarity::value(kind, s);
  const double slope = similarity::slope(kind, s);
  const double attraction = replaced ? f : s;
  const double towards = replaced ? slope : 1;
  Row r;
  if (!kept) {
    r.loss = log(negatives) + (shift - attraction) / temperature;
    r.inverse = 1 / negatives;
    r.pull = towards;
    return r;
  }
  const double positive = (f - shift) / temperature;  // log E
  const double odds = negatives * exp(-positive);     // N / E; infinite where E underflows
  r.inverse = 1 / (negatives + exp(positive));
  // log(N + E) = log E + log(1 + N / E), or log N where E is nothing beside it
  const double sum = positive > -30 ? positive + log1p(odds) : log(negatives);
  r.loss = sum + (shift - attraction) / temperature;
  // with a = f the difference a' - f' E / (N + E) would cancel late in training
  r.pull = replaced ? slope * (negatives * r.inverse) : towards - slope / (1 + odds);
  // the same for the loss: log(1 + N / E)
  if (replaced && positive > -30) r.loss = log1p(odds);
  return r;
}

}  // namespace unsigned_contrastive
}  // namespace gramian
