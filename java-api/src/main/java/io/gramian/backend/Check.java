package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Shape;
import io.gramian.Tensor;

/** Argument checks: each message says which argument, what was expected and what came. */
public final class Check {
    private Check() {}

    /** A tensor of this type. */
    public static void dtype(String name, Tensor tensor, DType expected) {
        if (tensor.dtype() != expected) {
            throw new IllegalArgumentException(
                    name + ": expected " + expected + ", got " + tensor.dtype() + " " + tensor.shape());
        }
    }

    /** A float32 matrix. */
    public static void matrix(String name, Tensor tensor) {
        dtype(name, tensor, DType.FLOAT32);
        if (tensor.shape().rank() != 2) {
            throw new IllegalArgumentException(name + ": expected a matrix (n, d), got shape " + tensor.shape());
        }
    }

    /** Activations that a layer takes: float32, or bfloat16 where the device has layers for it, which the CPU has not. */
    static void activations(String name, Tensor tensor) {
        boolean half = tensor.dtype() == DType.BFLOAT16;
        if (half && tensor.device() == Device.cpu()) {
            throw new IllegalArgumentException(name + ": expected FLOAT32 on the CPU, got BFLOAT16 " + tensor.shape()
                    + "; activations are BFLOAT16 on CUDA devices only");
        }
        if (!half) {
            dtype(name, tensor, DType.FLOAT32);
        }
    }

    /** A float32 tensor of these sizes. */
    public static void shape(String name, Tensor tensor, long... expected) {
        shape(name, tensor, DType.FLOAT32, expected);
    }

    /** A tensor of this type and these sizes. */
    static void shape(String name, Tensor tensor, DType type, long... expected) {
        dtype(name, tensor, type);
        Shape shape = Shape.of(expected);
        if (!tensor.shape().equals(shape)) {
            throw new IllegalArgumentException(name + ": expected shape " + shape + ", got " + tensor.shape());
        }
    }

    /** Two tensors on one device. */
    public static void sameDevice(String name, Tensor tensor, String otherName, Tensor other) {
        if (tensor.device() != other.device()) {
            throw new IllegalArgumentException(name + ": expected a tensor on " + other.device() + " like " + otherName
                    + ", got " + tensor + "; copy it there with copyFrom");
        }
    }

    /** Two tensors of the same shape on one device. */
    public static void sameShape(String name, Tensor tensor, String otherName, Tensor other) {
        sameDevice(name, tensor, otherName, other);
        if (!tensor.shape().equals(other.shape())) {
            throw new IllegalArgumentException(
                    name + ": expected the shape of " + otherName + " " + other.shape() + ", got " + tensor.shape());
        }
    }

    /** An output that shares no byte with an input on the same device. */
    public static void disjoint(String outputName, Tensor output, String inputName, Tensor input) {
        sameDevice(outputName, output, inputName, input);
        long outputEnd = output.address() + output.bytes();
        long inputEnd = input.address() + input.bytes();
        if (output.address() < inputEnd && input.address() < outputEnd && output.bytes() > 0 && input.bytes() > 0) {
            throw new IllegalArgumentException(outputName + " overlaps " + inputName
                    + ": expected separate memory; give " + outputName + " a tensor of its own");
        }
    }

    /** A number above zero; NaN fails. */
    public static void positive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + ": expected a finite number above 0, got " + value);
        }
    }

    /** A temperature: a {@link #scale}. */
    public static void temperature(double value) {
        scale("temperature", value);
    }

    /** A divisor whose quotients stay finite in float32; NaN fails. */
    public static void scale(String name, double value) {
        positive(name, value);
        if (value < 1e-30 || value > 1e30) {
            throw new IllegalArgumentException(name + ": expected a number from 1e-30 to 1e30, got " + value
                    + "; beyond, quotients leave the range of float32");
        }
    }

    /** A finite number of at least zero; NaN fails. */
    public static void nonNegative(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + ": expected a finite number of at least 0, got " + value);
        }
    }

    /** A count of at least {@code least}. */
    public static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": expected at least " + least + ", got " + value);
        }
    }

    /** A number in [0, 1); NaN fails. */
    public static void fraction(String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(name + ": expected a number in [0, 1), got " + value);
        }
    }

    /** As many entries as expected. */
    public static void count(String name, long value, long expected) {
        if (value != expected) {
            throw new IllegalArgumentException(name + ": expected " + expected + " entries, got " + value);
        }
    }
}
