package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;

/**
 * Orders of a batch in the memory of a device, checked on the host before they go there: whoever uses them reads nothing back.
 * Not for several threads at once.
 */
public final class Permutations implements AutoCloseable {
    private final Tensor indices;

    /**
     * Orders that are there to begin with.
     *
     * @param iterations rows, at least 1
     * @param n length of each
     * @param rows as in {@link #set}
     */
    public Permutations(Device device, int iterations, int n, int[] rows) {
        Check.atLeast("iterations", iterations, 1);
        WhiteningChecks.permutations(rows, n);
        this.indices =
                Scope.detach(Tensor.empty(device, DType.INT32, iterations, n).copyFrom(rows));
    }

    /** Numbers in a row. */
    public int length() {
        return (int) indices.shape().size(1);
    }

    /**
     * Copies permutations to the device, without waiting for that.
     *
     * @param rows each a permutation of 0 .. length-1, one behind the other
     * @throws IllegalArgumentException for anything else
     */
    public void set(int[] rows) {
        WhiteningChecks.permutations(rows, length());
        indices.copyFrom(rows);
    }

    /** int32 (iterations, length). */
    Tensor indices() {
        return indices;
    }

    @Override
    public void close() {
        indices.close();
    }
}
