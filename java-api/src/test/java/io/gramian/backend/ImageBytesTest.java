package io.gramian.backend;

import static io.gramian.backend.ColourOp.BRIGHTNESS;
import static io.gramian.backend.ColourOp.CONTRAST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Augmentation in bytes, by hand; whole chains against the reference stand in the module of tests. */
class ImageBytesTest {
    private final Device device = Device.cpu();
    private final Images images = device.backend().images();

    @Test
    void byHand() {
        // brightness cuts towards zero
        assertThat(bytes(2, view -> view.withJitter(List.of(BRIGHTNESS), 1.5f, 1, 1, 0), 101, 200))
                .containsExactly(151, 255);
        // half a byte is rounded up
        assertThat(bytes(1, UnaryOperator.identity(), 10, 21)).containsExactly(16);
        // a threshold inverts from itself on
        assertThat(bytes(2, view -> view.withSolarize(128 / 255f), 127, 128)).containsExactly(127, 127);
        // contrast 0 leaves the rounded mean
        assertThat(bytes(2, view -> view.withJitter(List.of(CONTRAST), 1, 0, 1, 0), 10, 21))
                .containsExactly(16, 16);
        // a box of a third of the variance 2/3 reaches 0.1667 pixels: weights 1/8, 3/4, 1/8, three times
        assertThat(bytes(5, view -> view.withBlur(1, (float) Math.sqrt(0.75)), 0, 0, 255, 0, 0))
                .containsExactly(10, 55, 125, 55, 10);
    }

    /** A view of a grey image of one row, as bytes. */
    private int[] bytes(int width, UnaryOperator<ImageView> change, int... row) {
        byte[] pixels = new byte[row.length];
        for (int i = 0; i < row.length; i++) {
            pixels[i] = (byte) row[i];
        }
        try (Scope scope = Scope.open()) {
            Tensor source = Tensor.ofBytes(device, pixels, row.length);
            Tensor out = Tensor.empty(device, 1, 1, width, 1).fill(Float.NaN);
            ImageView view = change.apply(ImageView.whole(source.address(), 1, row.length));
            images.augmentBytes(List.of(view), Resampling.BILINEAR, new float[1], new float[] {1 / 255f}, out);
            float[] values = out.toFloats();
            int[] rounded = new int[values.length];
            for (int i = 0; i < values.length; i++) {
                rounded[i] = Math.round(values[i]);
                assertThat(values[i]).isCloseTo(rounded[i], within(1e-4f));
            }
            return rounded;
        }
    }

    @Test
    void badArgumentsAreRefused() {
        try (Scope scope = Scope.open()) {
            Tensor source = Tensor.zeros(device, 16);
            Tensor out = Tensor.empty(device, 1, 4, 4, 1);
            ImageView view = ImageView.whole(source.address(), 4, 4);
            float[] one = {1};
            refused(
                    () -> images.augmentBytes(
                            List.of(view.withBlur(1, 20_000)), Resampling.BILINEAR, new float[1], one, out),
                    "blurSigma: expected at most 10000.0 pixels, got 20000.0");
            refused(
                    () -> images.augmentBytes(List.of(view), Resampling.BILINEAR, new float[1], new float[1], out),
                    "std: expected");
            refused(
                    () -> images.augmentBytes(
                            List.of(view), Resampling.BILINEAR, new float[3], new float[] {1, 1, 1}, out),
                    "expected 1 values each");
            Tensor flat = Tensor.empty(device, 4, 4);
            refused(
                    () -> images.augmentBytes(List.of(view), Resampling.BILINEAR, new float[1], one, flat),
                    "out: expected shape (1, height, width, channels)");
        }
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
