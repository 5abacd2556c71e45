package io.gramian.pytorch;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.backend.SharedBlas;
import java.util.Arrays;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A tensor of PyTorch as one of ours, in place: on the processor, or on a GPU in the order of PyTorch's current stream. */
final class BorrowedTensor {
    private BorrowedTensor() {}

    /** Refuses what cannot be read in place, saying what to do. */
    static void check(String name, Tensor tensor) {
        if (tensor.isNull()) {
            throw new IllegalArgumentException(name + ": expected an open tensor, got one that was closed;"
                    + " keep it open (retainReference) until the backward pass");
        }
        if (!tensor.defined()) {
            throw new IllegalArgumentException(name + ": expected a tensor with elements, got an undefined one");
        }
        if (tensor.layout().intern() != torch.Layout.Strided) {
            throw new IllegalArgumentException(name + ": expected a dense tensor, got layout "
                    + tensor.layout().intern() + "; call to_dense() on it");
        }
        torch.ScalarType type = tensor.scalar_type().intern();
        if (type != torch.ScalarType.Float) {
            throw new IllegalArgumentException(name + ": expected Float (float32), got " + type
                    + "; call to(ScalarType.Float) on it, which autograd follows");
        }
        if (!tensor.is_cpu() && !tensor.is_cuda()) {
            throw new IllegalArgumentException(
                    name + ": expected a tensor of the CPU or of a CUDA device, got one of " + deviceName(tensor));
        }
        if (!tensor.is_contiguous()) {
            throw new IllegalArgumentException(name + ": expected a contiguous row-major tensor, got sizes "
                    + Arrays.toString(axes(tensor, tensor::size)) + " with strides "
                    + Arrays.toString(axes(tensor, tensor::stride))
                    + "; call contiguous() on it, which autograd follows");
        }
    }

    /** Refuses a tensor of another device than another's. */
    static void checkSameDevice(String name, Tensor tensor, Tensor first) {
        if (tensor.is_cpu() && first.is_cpu()) {
            return;
        }
        String here = deviceName(tensor);
        String there = deviceName(first);
        if (!here.equals(there)) {
            throw new IllegalArgumentException(name + ": expected a tensor of " + there + " like inputs[0], got one of "
                    + here + "; move it there");
        }
    }

    /** The tensor over the memory of one that was checked; belongs to the scope that is open. */
    static io.gramian.Tensor wrap(Device device, Tensor tensor) {
        try (Pointer data = tensor.data_ptr()) {
            long[] sizes = axes(tensor, tensor::size);
            // memory without elements has no address
            return io.gramian.Tensor.wrap(device, data == null ? 0 : data.address(), DType.FLOAT32, sizes);
        }
    }

    /** Our device of the tensors. */
    static Device device(Tensor tensor) {
        return tensor.is_cuda() ? CurrentStream.device(tensor) : Device.cpu();
    }

    /** Runs a body whose kernels stand in the order in which PyTorch works on this tensor. */
    static double inOrder(Tensor tensor, Supplier<Double> body) {
        return tensor.is_cuda() ? CurrentStream.run(tensor, body) : SharedBlas.run(body);
    }

    private static String deviceName(Tensor tensor) {
        try (org.bytedeco.pytorch.Device device = tensor.device();
                BytePointer name = device.str()) {
            return name.getString();
        }
    }

    private static long[] axes(Tensor tensor, LongUnaryOperator number) {
        return LongStream.range(0, tensor.dim()).map(number).toArray();
    }
}
