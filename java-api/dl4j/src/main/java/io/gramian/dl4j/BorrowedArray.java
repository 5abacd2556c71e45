package io.gramian.dl4j;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/** An array of ND4J's CPU backend as a tensor over its memory. */
final class BorrowedArray {
    private BorrowedArray() {}

    /** Refuses what cannot be read, saying what to do. */
    static void check(String name, INDArray array) {
        if (array.wasClosed()) {
            throw new IllegalArgumentException(
                    name + ": expected an open array, got one that was closed; close it after the training step");
        }
        OpExecutioner.ExecutionerType type = Nd4j.getExecutioner().type();
        if (type != OpExecutioner.ExecutionerType.NATIVE_CPU) {
            throw new IllegalArgumentException(
                    name + ": expected an array of the backend nd4j-native, got one of " + type
                            + "; put nd4j-native in place of the other backend, whose memory the processor cannot read in place");
        }
        if (array.dataType() != DataType.FLOAT) {
            throw new IllegalArgumentException(name + ": expected FLOAT, got " + array.dataType() + " "
                    + Arrays.toString(array.shape()) + "; build the network with dataType(DataType.FLOAT)");
        }
        if (array.rank() != 2) {
            throw new IllegalArgumentException(name + ": expected a matrix (rows, features), got shape "
                    + Arrays.toString(array.shape()) + "; flatten it, with a global pooling layer for instance");
        }
    }

    /** The array itself where its rows stand one behind the other in memory, else a copy for which they do. */
    static INDArray rowMajor(INDArray array) {
        return array.ordering() == 'c' && Shape.hasDefaultStridesForShape(array) ? array : array.dup('c');
    }

    /** The tensor over a row-major array that was checked; belongs to the scope that is open. */
    static Tensor wrap(INDArray array) {
        Pointer memory = array.data().addressPointer();
        return Tensor.wrap(Device.cpu(), memory.address(), DType.FLOAT32, array.shape());
    }
}
