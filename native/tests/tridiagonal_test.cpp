// Eigenvalues of tridiagonal matrices that are known in closed form, or hard: all together, far apart, none.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "linalg/tridiagonal_values.h"
#include "native_tests.h"

namespace {

using Entries = std::function<double(int64_t)>;

std::vector<double> eigenvalues(int threads, int64_t m, const Entries& diagonal, const Entries& beside) {
  std::vector<double> d, e, values(static_cast<size_t>(m), -1);
  for (int64_t k = 0; k < m; ++k) d.push_back(diagonal(k));
  for (int64_t k = 0; k + 1 < m; ++k) e.push_back(beside(k));
  std::vector<double> scratch(static_cast<size_t>(gramian::tridiagonal_values_scratch(m)));
  gramian::tridiagonal_eigenvalues(threads, m, d.data(), e.data(), scratch.data(), values.data());
  return values;
}

// Whether eigenvalues are these, in ascending order, to two roundings of a norm or as said, with one thread and with
// three.
int check(const std::string& name, int64_t m, const Entries& diagonal, const Entries& beside, double norm,
    std::vector<double> expected, double bound = 0x1p-51) {
  std::sort(expected.begin(), expected.end());
  const std::vector<double> values = eigenvalues(1, m, diagonal, beside);
  double worst = 0;
  for (size_t k = 0; k < values.size(); ++k) {
    const double error = std::abs(values[k] - expected[k]) / norm;
    if (!(error <= worst)) worst = error;
  }
  const bool ordered = std::is_sorted(values.begin(), values.end());
  const bool same = values == eigenvalues(3, m, diagonal, beside);
  if (worst <= bound && ordered && same) return 0;
  std::printf("eigenvalues of %s, order %d: error %.1e of the norm, %s, %s bits with three threads\n", name.c_str(),
      static_cast<int>(m), worst, ordered ? "ascending" : "not ascending", same ? "the same" : "other");
  return 1;
}

std::vector<double> each(int64_t m, const Entries& value) {
  std::vector<double> values;
  for (int64_t k = 0; k < m; ++k) values.push_back(value(k));
  return values;
}

Entries constant(double value) {
  return [value](int64_t) { return value; };
}

}  // namespace

int tridiagonal_test() {
  int failures = 0;
  for (const int64_t m : {1, 2, 3, 23, 24, 25, 100, 513}) {
    const double order = static_cast<double>(m);
    const auto cosine = [order](int64_t k) {
      return 2 * std::cos(std::acos(-1.0) * static_cast<double>(k + 1) / (order + 1));
    };
    for (const double unit : {1.0, 1e-150, 1e150}) {
      failures += check("(1, 2, 1)", m, constant(2 * unit), constant(unit), 4 * unit,
          each(m, [&](int64_t k) { return unit * (2 + cosine(k)); }));
    }
    // Sylvester, Kac: 1 - m, 3 - m, ..., m - 1
    failures += check("Kac's matrix", m, constant(0),
        [order](int64_t k) {
          const double at = static_cast<double>(k + 1);
          return std::sqrt(at * (order - at));
        },
        std::max(order - 1, 1.0), each(m, [order](int64_t k) { return 1 - order + 2 * static_cast<double>(k); }));
    failures += check("zero", m, constant(0), constant(0), 1, each(m, constant(0)), 0);
    failures += check("a multiple of 1", m, constant(-3), constant(0), 3, each(m, constant(-3)), 0);
    const auto decaying = [](int64_t k) { return std::exp(-static_cast<double>(k)); };
    failures += check("a diagonal", m, decaying, constant(0), 1, each(m, decaying), 0);
    // blocks (0 1; 1 0) that do not touch: half are -1, half 1
    const auto pairs = [](int64_t k) { return k % 2 == 0 ? 1.0 : 0.0; };
    if (m % 2 == 0) {
      failures += check("pairs", m, constant(0), pairs, 1, each(m, [](int64_t k) { return k % 2 == 0 ? 1.0 : -1.0; }));
    }
    failures += check("entries below any other", m, decaying, constant(1e-200), 1, each(m, decaying));
  }
  return failures;
}
