// Where the time of the eigenvalues of a symmetric matrix goes: the reduction to tridiagonal form, and the values of
// what it leaves, with one thread and with two, in turns; LAPACK's dsterf beside them, which one thread runs. And how
// long two threads need to meet, which tells whether their cores share a cache: a virtual machine may be moved between
// two rounds. Medians of the rounds; the meetings from the fastest to the slowest.
#include <lapack.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "core/spin_barrier.h"
#include "linalg/tridiagonal.h"
#include "linalg/tridiagonal_values.h"

namespace {

constexpr int kRounds = 31;
constexpr int kMeetings = 20000;

double millis() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double nanos_of_a_meeting() {
  gramian::SpinBarrier barrier(2);
  const double start = millis();
#pragma omp parallel num_threads(2)
  for (int k = 0; k < kMeetings; ++k) barrier.wait(omp_get_thread_num(), omp_get_num_threads());
  return (millis() - start) * 1e6 / kMeetings;
}

// A Gram matrix of 2 m normal vectors, row-major.
std::vector<double> gram(int64_t m) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> z(static_cast<size_t>(2 * m * m)), a(static_cast<size_t>(m * m));
  for (double& x : z) x = normal(random);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < 2 * m; ++k) sum += z[i * 2 * m + k] * z[j * 2 * m + k];
      a[i * m + j] = a[j * m + i] = sum;
    }
  }
  return a;
}

void row(int64_t m) {
  const std::vector<double> a = gram(m);
  std::vector<double> scratch(static_cast<size_t>(
      std::max(gramian::tridiagonal_scratch(m), gramian::tridiagonal_values_scratch(m))));
  std::vector<double> diagonal(static_cast<size_t>(m)), beside(diagonal), values(diagonal);
  std::vector<double> reduction[2], ours[2], lapack, meetings;
  for (int round = 0; round < kRounds; ++round) {
    meetings.push_back(nanos_of_a_meeting());
    for (int threads = 1; threads <= 2; ++threads) {
      std::vector<double> copy = a;
      double start = millis();
      gramian::tridiagonalize(threads, m, copy.data(), scratch.data(), diagonal.data(), beside.data());
      reduction[threads - 1].push_back(millis() - start);
      start = millis();
      gramian::tridiagonal_eigenvalues(
          threads, m, diagonal.data(), beside.data(), scratch.data(), values.data());
      ours[threads - 1].push_back(millis() - start);
    }
    const lapack_int order = static_cast<lapack_int>(m);
    lapack_int info = 0;
    const double start = millis();
    LAPACK_dsterf(&order, diagonal.data(), beside.data(), &info);
    lapack.push_back(millis() - start);
  }
  std::sort(meetings.begin(), meetings.end());
  std::printf("%6lld %10.2f %8.2f %10.2f %8.2f %8.2f %9.0f to %.0f\n", static_cast<long long>(m), median(reduction[0]),
      median(reduction[1]), median(ours[0]), median(ours[1]), median(lapack), meetings.front(), meetings.back());
}

}  // namespace

int main(int count, char** arguments) {
  std::printf("%6s %10s %8s %10s %8s %8s %16s\n", "order", "reduction", "2 thr.", "values", "2 thr.", "dsterf",
      "meeting, ns");
  if (count < 2) {
    for (const int64_t m : {256, 512, 1024}) row(m);
  }
  for (int k = 1; k < count; ++k) row(std::max(1LL, std::atoll(arguments[k])));
  return 0;
}
