// Contexts, memory, copies and fills on a CUDA device.
#include "gramian/system.h"

#include <memory>

#include "core/context.h"
#ifdef GRAMIAN_SIMT
#include "simt/streams.h"
#endif

namespace {

constexpr int kThreads = 256;
// Enough blocks to fill any device; each thread strides.
constexpr int64_t kMostBlocks = 4096;

__global__ void fill(int64_t count, float value, float* __restrict__ target) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count; i += stride) target[i] = value;
}

}  // namespace

gramian_status gramian_context_create(int32_t device, int32_t /*threads*/, int64_t stream, int64_t* context) {
  return gramian::guarded([&] {
    *context = 0;
    auto created = std::make_unique<gramian_context>(device);
    gramian::make_current(device);
    cudaStream_t own = nullptr;
#ifdef GRAMIAN_SIMT
    own = simt::stream_of(stream);
    if (own == nullptr) {
      own = simt::new_stream(static_cast<uint64_t>(stream));
      created->owns_stream = true;
    }
#else
    own = reinterpret_cast<cudaStream_t>(stream);
    if (stream == 0) {
      gramian::check(cudaStreamCreateWithFlags(&own, cudaStreamNonBlocking), "a stream");
      created->owns_stream = true;
    }
#endif
    created->stream = {device, own};
    *context = reinterpret_cast<int64_t>(created.release());
  });
}

gramian_status gramian_context_destroy(gramian_context* context) {
  return gramian::guarded([&] { delete context; });
}

gramian_status gramian_context_set_precision(gramian_context* context, int32_t precision) {
  return gramian::guarded([&] {
    if (precision < GRAMIAN_PRECISION_FLOAT32 || precision > GRAMIAN_PRECISION_BFLOAT16) {
      GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "there is no precision " + std::to_string(precision));
    }
    context->precision = precision;
  });
}

int64_t gramian_context_scratch_bytes(const gramian_context* context) { return context->scratch_bytes(); }

int32_t gramian_context_threads(const gramian_context* /*context*/) { return 1; }

gramian_status gramian_allocate(gramian_context* context, int64_t bytes, int64_t* address) {
  return gramian::guarded([&] {
    *address = 0;
    if (bytes < 0) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "negative size " + std::to_string(bytes));
    const cudaStream_t stream = context->stream;
    gramian::DeviceMemory& memory = context->memory();
    const size_t size = static_cast<size_t>(bytes);
    *address = reinterpret_cast<int64_t>(
        context->capturing() ? memory.allocate_ready(size) : memory.allocate(size, stream));
  });
}

gramian_status gramian_free(gramian_context* context, int64_t bytes, int64_t address) {
  return gramian::guarded([&] {
    if (context->capturing()) {
      GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "memory is freed inside a capture, whose calls may use it");
    }
    context->memory().release(reinterpret_cast<void*>(address), static_cast<size_t>(bytes), context->stream);
  });
}

gramian_status gramian_memory_trim(gramian_context* context) {
  return gramian::guarded([&] { context->memory().trim(context->stream); });
}

gramian_status gramian_memory_limit(gramian_context* context, int64_t bytes) {
  return gramian::guarded([&] { context->memory().limit(bytes < 0 ? 0 : bytes); });
}

gramian_status gramian_memory_statistics(gramian_context* context, int64_t* numbers) {
  return gramian::guarded([&] { context->memory().statistics(numbers); });
}

gramian_status gramian_copy(gramian_context* context, const void* source, void* target, int64_t bytes) {
  return gramian::guarded([&] {
    if (bytes == 0) return;
    gramian::check(
        cudaMemcpyAsync(target, source, static_cast<size_t>(bytes), cudaMemcpyDeviceToDevice, context->stream),
        "a copy");
  });
}

gramian_status gramian_fill(gramian_context* context, int64_t count, float value, float* target) {
  return gramian::guarded([&] {
    const int64_t blocks = (count + kThreads - 1) / kThreads;
    gramian::launch(context->stream,
        {"fill", static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks), kThreads}, fill, count, value,
        target);
  });
}

const char* gramian_instruction_set(void) {
#ifdef GRAMIAN_SIMT
  return "simt";
#else
  return "cuda";
#endif
}

const char* gramian_blas_core(void) { return "none"; }
