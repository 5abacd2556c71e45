package io.gramian.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An array of DJL's PyTorch engine as a tensor. On the CPU the tensor is the array's own memory; where the array is a strided
 * view, DJL makes it dense first. On a GPU the bytes go through the host, since no public call of DJL tells a device address.
 */
final class BorrowedArray {
    private static final String ENGINE = "PyTorch";

    private BorrowedArray() {}

    /** Refuses what cannot be read in place, saying what to do. */
    static void check(String name, NDArray array) {
        if (array.isReleased()) {
            throw new IllegalArgumentException(
                    name + ": expected an open array, got one that was closed with its manager;"
                            + " call the loss before the batch is closed");
        }
        String engine = array.getManager().getEngine().getEngineName();
        if (!engine.equals(ENGINE)) {
            throw new IllegalArgumentException(
                    name + ": expected an array of DJL's engine " + ENGINE + ", got one of " + engine);
        }
        if (array.isSparse()) {
            throw new IllegalArgumentException(name + ": expected a dense array, got " + array.getSparseFormat() + " "
                    + array.getShape() + "; call toDense() on it");
        }
        if (array.getDataType() != DataType.FLOAT32) {
            throw new IllegalArgumentException(name + ": expected FLOAT32, got " + array.getDataType() + " "
                    + array.getShape() + "; call toType(DataType.FLOAT32, false) on it");
        }
        if (array.size() > Integer.MAX_VALUE / DType.FLOAT32.bytes()) {
            throw new IllegalArgumentException(name + ": expected at most 2 GiB, the most that a buffer of Java holds,"
                    + " got " + array.getShape());
        }
    }

    /** The tensor of an array that was checked; belongs to the scope that is open. */
    static Tensor read(NDArray array) {
        long[] sizes = array.getShape().getShape();
        ByteBuffer bytes = bytes(array);
        if (!array.getDevice().isGpu()) {
            return Tensor.wrap(bytes, DType.FLOAT32, sizes);
        }
        return Tensor.empty(deviceOf(array), sizes).putBytes(0, bytes);
    }

    /** A tensor for what is to become the array's elements. */
    static Tensor toWrite(NDArray array) {
        long[] sizes = array.getShape().getShape();
        return array.getDevice().isGpu()
                ? Tensor.empty(deviceOf(array), sizes)
                : Tensor.wrap(bytes(array), DType.FLOAT32, sizes);
    }

    /** Brings what was written to a tensor of {@link #toWrite} into the array. */
    static void written(Tensor tensor, NDArray array) {
        if (array.getDevice().isGpu()) {
            ByteBuffer bytes =
                    ByteBuffer.allocateDirect(Math.toIntExact(tensor.bytes())).order(ByteOrder.nativeOrder());
            tensor.getBytes(0, bytes);
            array.set(bytes.flip());
        }
    }

    /** An array of the shape and on the device of another, uninitialised. */
    static NDArray like(NDArray array) {
        Shape shape = array.getShape();
        return array.getManager().create(shape, DataType.FLOAT32, array.getDevice());
    }

    private static Device deviceOf(NDArray array) {
        return Device.cuda(array.getDevice().getDeviceId());
    }

    private static ByteBuffer bytes(NDArray array) {
        return array.toByteBuffer(true).order(ByteOrder.nativeOrder());
    }
}
