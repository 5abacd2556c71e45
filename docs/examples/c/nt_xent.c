// NT-Xent of two views and its gradient through the C ABI, without Java. How to build and run it: docs/embedding.md.
#include <stdint.h>
#include <stdio.h>

#include "gramian/gramian.h"

enum { N = 64, D = 32 };

static float za[N * D], zb[N * D], dza[N * D], dzb[N * D];

// Numbers in [-1, 1) that are the same everywhere.
static void fill(float* z, uint32_t state) {
  for (int i = 0; i < N * D; ++i) {
    state = state * 1664525u + 1013904223u;
    z[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
  }
}

static int failed(gramian_status status) {
  if (status != GRAMIAN_OK) fprintf(stderr, "status %d: %s\n", status, gramian_last_error());
  return status != GRAMIAN_OK;
}

int main(void) {
  fill(za, 1);
  fill(zb, 2);
  int64_t handle = 0;
  if (failed(gramian_context_create(0, 0, 0, &handle))) return 1;
  gramian_context* context = (gramian_context*)(intptr_t)handle;  // scratch memory and threads; one thread at a time
  double loss = 0;
  const gramian_status status =
      gramian_nt_xent_value_and_gradient(context, N, D, za, zb, 0.5f, 1, 0, 0, &loss, dza, dzb);
  const int bad = failed(status);
  if (!bad) printf("loss %.9f gradient %.9e %.9e on %s\n", loss, dza[0], dzb[N * D - 1], gramian_instruction_set());
  gramian_context_destroy(context);
  return bad;
}
