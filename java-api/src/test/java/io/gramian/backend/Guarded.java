package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Tensor;
import java.util.Arrays;

/** An output of a kernel, full of NaN, between two bands that nobody may write. */
public final class Guarded {
    private static final int BAND = 64;
    private static final float MARK = 12345.5f;

    private final Tensor all;
    private final Tensor tensor;

    public Guarded(long... sizes) {
        long elements = Arrays.stream(sizes).reduce(1, Math::multiplyExact);
        this.all = Tensor.empty(Device.cpu(), elements + 2 * BAND).fill(MARK);
        this.tensor = all.rows(BAND, BAND + elements).reshape(sizes);
        tensor.fill(Float.NaN);
    }

    /** The output. */
    public Tensor tensor() {
        return tensor;
    }

    /** Fails if a band was written. */
    public void assertBandsUntouched() {
        float[] values = all.toFloats();
        assertThat(Arrays.copyOf(values, BAND)).as("before the output").containsOnly(MARK);
        assertThat(Arrays.copyOfRange(values, values.length - BAND, values.length))
                .as("behind the output")
                .containsOnly(MARK);
    }

    /** Fails if an element was left as it was. */
    public void assertWritten() {
        assertThat(tensor.toFloats()).doesNotContain(Float.NaN);
    }

    /** A backend of its own with this many threads. */
    public static Backend threads(int threads) {
        return OptimizersTest.withThreads(threads);
    }
}
