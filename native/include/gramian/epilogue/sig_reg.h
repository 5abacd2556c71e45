// SIGReg (LeJEPA, arXiv 2511.08544; rbalestr-lab/lejepa: MINIMAL.md): the Epps-Pulley distance between the empirical
// characteristic function of a projection x = z a, n samples, and that of a standard normal:
//
//   n sum_k w_k phi_k [ (c_k - phi_k)^2 + s_k^2 ],   c_k, s_k = mean of cos(t_k x), sin(t_k x)
//   t_k = k h,  phi_k = exp(-t_k^2 / 2),  w_k = 2 h, but h at both ends
//
// averaged over views and directions, so that dSIGReg/dx = sum_k of_cos_k cos(t_k x) + of_sin_k sin(t_k x) with
//   of_cos_k = 2 w_k phi_k t_k s_k / (views directions),   of_sin_k = -2 w_k phi_k t_k (c_k - phi_k) / (..)
#pragma once

#include <math.h>
#include <stdint.h>

#include "gramian/host_device.h"

namespace gramian {

// sine and cosine of a, |a| < 1e15: with r = a / 2 pi less its nearest integer and b = pi r in [-pi/2, pi/2], Taylor
// series of b to the 17th power (error below 5e-14), and a = 2 b.
GRAMIAN_HOST_DEVICE void sine_cosine(double a, double* sine, double* cosine) {
  const double turns = a * 0.15915494309189535;
  const double magic = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  const double b = (turns - ((turns + magic) - magic)) * 3.141592653589793;
  const double q = b * b;
  double s = 2.8114572543455206e-15;  // 1/17!
  s = s * q - 7.647163731819816e-13;
  s = s * q + 1.6059043836821613e-10;
  s = s * q - 2.505210838544172e-08;
  s = s * q + 2.7557319223985893e-06;
  s = s * q - 1.984126984126984e-04;
  s = s * q + 8.333333333333333e-03;
  s = s * q - 1.6666666666666666e-01;
  s = (s * q + 1) * b;
  double c = 4.779477332387385e-14;  // 1/16!
  c = c * q - 1.1470745597729725e-11;
  c = c * q + 2.08767569878681e-09;
  c = c * q - 2.755731922398589e-07;
  c = c * q + 2.48015873015873e-05;
  c = c * q - 1.388888888888889e-03;
  c = c * q + 4.1666666666666664e-02;
  c = c * q - 0.5;
  c = c * q + 1;
  *sine = 2 * s * c;
  *cosine = 1 - 2 * s * s;
}

// What one knot has to say about a direction.
struct SigRegKnot {
  double n;
  double phi;
  double weight;  // w_k phi_k
  double slope;   // 2 w_k phi_k t_k / (views directions), times the weight of the gradient

  // Its part of the distance; the sums of cosines and sines become their factors in the gradient.
  GRAMIAN_METHOD double fold(double* cosines, double* sines) const {
    const double miss = *cosines / n - phi;
    const double sine = *sines / n;
    *cosines = slope * sine;
    *sines = -slope * miss;
    return n * weight * (miss * miss + sine * sine);
  }
};

struct SigRegEpilogue {
  int64_t n, views, directions, knots;
  double h;
  double weight;  // of the gradient

  GRAMIAN_METHOD SigRegKnot knot(int64_t k) const {
    const double t = static_cast<double>(k) * h;
    const double phi = exp(-0.5 * t * t);
    const double quadrature = (k == 0 || k == knots - 1 ? h : 2 * h) * phi;
    return {static_cast<double>(n), phi, quadrature,
        2 * weight * quadrature * t / (static_cast<double>(views) * static_cast<double>(directions))};
  }
};

}  // namespace gramian
