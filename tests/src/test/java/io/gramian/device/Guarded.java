package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Tensor;
import java.util.Arrays;

/** An output full of NaN between two guard bands, which nobody may write. */
final class Guarded {
    private static final int BAND = 64;
    private static final float MARK = -12345.5f;

    private final Tensor memory;
    private final Tensor output;
    private final int count;

    private Guarded(Tensor memory, Tensor output, int count) {
        this.memory = memory;
        this.output = output;
        this.count = count;
    }

    static Guarded of(Device device, long... sizes) {
        int count = (int) Arrays.stream(sizes).reduce(1, (x, y) -> x * y);
        float[] content = new float[count + 2 * BAND];
        Arrays.fill(content, MARK);
        Arrays.fill(content, BAND, BAND + count, Float.NaN);
        Tensor memory = Tensor.of(device, content, content.length);
        return new Guarded(memory, memory.rows(BAND, BAND + (long) count).reshape(sizes), count);
    }

    Tensor tensor() {
        return output;
    }

    /** The output; fails if a guard band changed. */
    float[] values() {
        float[] all = memory.toFloats();
        assertThat(Arrays.copyOfRange(all, 0, BAND)).as("before the output").containsOnly(MARK);
        assertThat(Arrays.copyOfRange(all, BAND + count, all.length))
                .as("behind the output")
                .containsOnly(MARK);
        return Arrays.copyOfRange(all, BAND, BAND + count);
    }
}
