package io.gramian.autograd.nn;

import io.gramian.Device;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Convolution;
import io.gramian.backend.Check;
import org.jspecify.annotations.Nullable;

/** Convolution of (n, h, w, in): parameters {@code weight} (out, size, size, in) and, if wanted, {@code bias} (out). */
public final class Conv2d extends Module {
    private final Settings settings;
    private final Variable weight;
    private final @Nullable Variable bias;

    /**
     * What the layer does.
     *
     * @param in channels of the input
     * @param out channels of the output
     * @param size height and width of the kernel
     * @param stride distance between windows
     * @param padding zeros around the image
     * @param bias whether an offset per channel is added
     */
    public record Settings(int in, int out, int size, int stride, int padding, boolean bias) {
        /** Checks the ranges. */
        public Settings {
            Check.atLeast("in", in, 1);
            Check.atLeast("out", out, 1);
            Check.atLeast("size", size, 1);
            Check.atLeast("stride", stride, 1);
            Check.atLeast("padding", padding, 0);
        }
    }

    /** A layer with these settings. */
    public Conv2d(Device device, Settings settings, Init init, Generator generator) {
        this.settings = settings;
        long area = (long) settings.size() * settings.size();
        weight = addParameter(
                "weight",
                init.weight(
                        device,
                        generator.split(0),
                        area * settings.in(),
                        area * settings.out(),
                        settings.out(),
                        settings.size(),
                        settings.size(),
                        settings.in()));
        bias = settings.bias()
                ? addParameter("bias", init.bias(device, generator.split(1), area * settings.in(), settings.out()))
                : null;
    }

    @Override
    public Variable forward(Variable x) {
        return Convolution.apply(x, weight, bias, settings.stride(), settings.padding());
    }
}
