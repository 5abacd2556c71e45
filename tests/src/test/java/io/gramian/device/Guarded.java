package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import java.util.Arrays;

/** An output full of NaN between two guard bands, which nobody may write. */
final class Guarded {
    private static final int BAND = 64;
    private static final float MARK = -12288; // which bfloat16 has too

    private final Tensor memory;
    private final Tensor output;
    private final int first;
    private final int count;

    private Guarded(Tensor memory, Tensor output, int first, int count) {
        this.memory = memory;
        this.output = output;
        this.first = first;
        this.count = count;
    }

    static Guarded of(Device device, long... sizes) {
        return shifted(device, 0, sizes);
    }

    /** One that begins this many floats behind a border of 256 bytes. */
    static Guarded shifted(Device device, int shift, long... sizes) {
        return shifted(device, DType.FLOAT32, shift, sizes);
    }

    /** One of bfloat16 that begins this many elements behind a border. */
    static Guarded half(Device device, int shift, long... sizes) {
        return shifted(device, DType.BFLOAT16, shift, sizes);
    }

    static Guarded shifted(Device device, DType type, int shift, long... sizes) {
        int count = (int) Arrays.stream(sizes).reduce(1, (x, y) -> x * y);
        int first = BAND + shift;
        float[] content = new float[first + count + BAND];
        Arrays.fill(content, MARK);
        Arrays.fill(content, first, first + count, Float.NaN);
        Tensor memory = Tensor.empty(device, type, content.length).copyFrom(content);
        return new Guarded(memory, memory.rows(first, first + (long) count).reshape(sizes), first, count);
    }

    /** The output holds these numbers now. */
    Guarded with(double[] values) {
        float[] floats = new float[values.length];
        for (int k = 0; k < floats.length; k++) {
            floats[k] = (float) values[k];
        }
        output.copyFrom(floats);
        return this;
    }

    Tensor tensor() {
        return output;
    }

    /** The output; fails if a guard band changed. */
    float[] values() {
        float[] all = memory.toFloats();
        assertThat(Arrays.copyOfRange(all, 0, first)).as("before the output").containsOnly(MARK);
        assertThat(Arrays.copyOfRange(all, first + count, all.length))
                .as("behind the output")
                .containsOnly(MARK);
        return Arrays.copyOfRange(all, first, first + count);
    }
}
