#include "gramian/dlpack.h"

#include <algorithm>
#include <memory>

#include "core/status.h"
#include "exchange/dlpack_layout.h"

namespace {

using gramian::dlpack::Managed;
using gramian::dlpack::Tensor;
using gramian::dlpack::Versioned;

constexpr int kHeader = 12;
// The version that is written, and the major one that is read: what a later minor version adds is in the flags.
constexpr uint32_t kMajor = 1;
constexpr uint32_t kMinor = 0;

static_assert(GRAMIAN_DLPACK_NUMBERS == kHeader + 2 * GRAMIAN_DLPACK_DIMENSIONS);

// What an exported tensor keeps for its deleter.
template <typename M>
struct Exported {
  M managed;
  int64_t sizes[GRAMIAN_DLPACK_DIMENSIONS];
  int64_t strides[GRAMIAN_DLPACK_DIMENSIONS];
  gramian_released released;
  int64_t state;
};

template <typename M>
void release(M* self) {
  const std::unique_ptr<Exported<M>> exported(static_cast<Exported<M>*>(self->context));
  exported->released(exported->state);
}

void describe(const Tensor& tensor, int64_t* numbers) {
  const int32_t dimensions = tensor.dimensions;
  if (dimensions < 0 || dimensions > GRAMIAN_DLPACK_DIMENSIONS) {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "a DLPack tensor of " + std::to_string(dimensions) +
                                               " dimensions, expected from 0 to " +
                                               std::to_string(GRAMIAN_DLPACK_DIMENSIONS));
  }
  if (dimensions > 0 && tensor.sizes == nullptr) {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "a DLPack tensor without sizes");
  }
  numbers[0] = reinterpret_cast<int64_t>(tensor.data);
  numbers[1] = tensor.device_type;
  numbers[2] = tensor.device;
  numbers[3] = dimensions;
  numbers[4] = tensor.code;
  numbers[5] = tensor.bits;
  numbers[6] = tensor.lanes;
  numbers[7] = static_cast<int64_t>(tensor.byte_offset);
  numbers[11] = tensor.strides != nullptr ? 1 : 0;
  for (int32_t axis = 0; axis < dimensions; ++axis) {
    numbers[kHeader + axis] = tensor.sizes[axis];
    numbers[kHeader + GRAMIAN_DLPACK_DIMENSIONS + axis] = tensor.strides != nullptr ? tensor.strides[axis] : 0;
  }
}

void describe_versioned(const Versioned& managed, int64_t* numbers) {
  numbers[9] = managed.major;
  numbers[10] = managed.minor;
  if (managed.major != kMajor) {
    const std::string version = std::to_string(managed.major) + "." + std::to_string(managed.minor);
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT,
        "a DLPack tensor of version " + version + ", expected 1.x; ask its library for that");
  }
  numbers[8] = static_cast<int64_t>(managed.flags);
  describe(managed.tensor, numbers);
}

template <typename M>
std::unique_ptr<Exported<M>> exported_of(const Tensor& tensor, const int64_t* sizes) {
  auto made = std::make_unique<Exported<M>>();
  int64_t stride = 1;
  for (int32_t axis = tensor.dimensions - 1; axis >= 0; --axis) {
    made->sizes[axis] = sizes[axis];
    made->strides[axis] = stride;
    stride *= std::max<int64_t>(sizes[axis], 1);
  }
  made->managed.tensor = tensor;
  made->managed.tensor.sizes = made->sizes;
  made->managed.tensor.strides = made->strides;
  made->managed.context = made.get();
  made->managed.deleter = release<M>;
  return made;
}

void refuse_null(int64_t managed) {
  if (managed == 0) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "expected the address of a DLPack tensor, got null");
}

}  // namespace

gramian_status gramian_dlpack_read(int64_t managed, int32_t versioned, int64_t* numbers) {
  return gramian::guarded([&] {
    std::fill_n(numbers, GRAMIAN_DLPACK_NUMBERS, int64_t{0});
    refuse_null(managed);
    if (versioned != 0) {
      describe_versioned(*reinterpret_cast<const Versioned*>(managed), numbers);
    } else {
      describe(reinterpret_cast<const Managed*>(managed)->tensor, numbers);
    }
  });
}

gramian_status gramian_dlpack_delete(int64_t managed, int32_t versioned) {
  return gramian::guarded([&] {
    refuse_null(managed);
    if (versioned != 0) {
      auto* tensor = reinterpret_cast<Versioned*>(managed);
      if (tensor->deleter != nullptr) tensor->deleter(tensor);
    } else {
      auto* tensor = reinterpret_cast<Managed*>(managed);
      if (tensor->deleter != nullptr) tensor->deleter(tensor);
    }
  });
}

gramian_status gramian_dlpack_make(int64_t data, int32_t device_type, int32_t device, int32_t code, int32_t bits,
    int32_t dimensions, const int64_t* sizes, int32_t versioned, gramian_released released, int64_t state,
    int64_t* managed) {
  return gramian::guarded([&] {
    *managed = 0;
    if (dimensions < 0 || dimensions > GRAMIAN_DLPACK_DIMENSIONS) {
      GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "a tensor of " + std::to_string(dimensions) +
                                                 " dimensions, expected at most " +
                                                 std::to_string(GRAMIAN_DLPACK_DIMENSIONS) + " for DLPack");
    }
    if (released == nullptr) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "expected a function to call at the end, got null");
    const Tensor tensor = {reinterpret_cast<void*>(data), device_type, device, dimensions, static_cast<uint8_t>(code),
        static_cast<uint8_t>(bits), 1, nullptr, nullptr, 0};
    if (versioned != 0) {
      auto made = exported_of<Versioned>(tensor, sizes);
      made->managed.major = kMajor;
      made->managed.minor = kMinor;
      made->managed.flags = 0;
      made->released = released;
      made->state = state;
      *managed = reinterpret_cast<int64_t>(&made.release()->managed);
    } else {
      auto made = exported_of<Managed>(tensor, sizes);
      made->released = released;
      made->state = state;
      *managed = reinterpret_cast<int64_t>(&made.release()->managed);
    }
  });
}
