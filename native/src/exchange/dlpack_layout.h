// The structures of DLPack 1.x as its specification lays them out in memory (64-bit machines).
#pragma once

#include <cstddef>
#include <cstdint>

namespace gramian::dlpack {

struct Tensor {
  void* data;
  int32_t device_type;
  int32_t device;
  int32_t dimensions;
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
  int64_t* sizes;
  int64_t* strides;  // in elements; null for row-major
  uint64_t byte_offset;
};

// DLManagedTensor
struct Managed {
  Tensor tensor;
  void* context;
  void (*deleter)(Managed* self);
};

// DLManagedTensorVersioned
struct Versioned {
  uint32_t major;
  uint32_t minor;
  void* context;
  void (*deleter)(Versioned* self);
  uint64_t flags;
  Tensor tensor;
};

static_assert(sizeof(Tensor) == 48 && offsetof(Tensor, dimensions) == 16 && offsetof(Tensor, code) == 20);
static_assert(offsetof(Tensor, sizes) == 24 && offsetof(Tensor, byte_offset) == 40);
static_assert(sizeof(Managed) == 64 && offsetof(Managed, deleter) == 56);
static_assert(sizeof(Versioned) == 80 && offsetof(Versioned, flags) == 24 && offsetof(Versioned, tensor) == 32);

}  // namespace gramian::dlpack
