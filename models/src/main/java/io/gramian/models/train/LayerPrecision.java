package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import java.util.List;

/**
 * Mixed precision of a training run: how the operands of dense layers, convolutions and attention are rounded, forward and
 * backward. With bf16, residual networks and transformers also store the activations between their layers, and the gradients
 * of these, as bfloat16. Weights and their gradients, features, statistics, losses and the optimiser are float32 in every case, and so are
 * all sums. bfloat16 has the range of float32, so that no loss has to be scaled.
 */
public final class LayerPrecision implements AutoCloseable {
    private static final String KEY = "precision";
    private static final String FLOAT32 = "float32";

    private final Stream stream;

    private LayerPrecision(Stream stream) {
        this.stream = stream;
    }

    static Setting setting() {
        return Setting.choice(
                KEY,
                FLOAT32,
                List.of(FLOAT32, "tf32", "bf16"),
                "what operands of layers are rounded to on a GPU, and with bf16 activations of networks; the rest is float32");
    }

    /**
     * Refuses a precision that a device does not have, before any work starts.
     *
     * @throws ConfigException naming the setting, the device and what to do
     */
    public static void check(TrainConfig config, Device device) {
        String word = config.settings().text(KEY);
        if (!word.equals(FLOAT32) && device.equals(Device.cpu())) {
            throw new ConfigException("precision must be float32 on the CPU, which has no tensor cores, got " + word
                    + "; leave it out, or train on a GPU with --device cuda");
        }
    }

    /** Layers of the device's main stream are rounded as a configuration says until the result is closed. */
    static LayerPrecision use(TrainConfig config, Device device) {
        check(config, device);
        Stream stream = device.backend().stream();
        stream.setLayerPrecision(
                switch (config.settings().text(KEY)) {
                    case "tf32" -> Precision.TF32;
                    case "bf16" -> Precision.BFLOAT16;
                    default -> Precision.FLOAT32;
                });
        return new LayerPrecision(stream);
    }

    /** Layers are float32 again. */
    @Override
    public void close() {
        stream.setLayerPrecision(Precision.FLOAT32);
    }
}
