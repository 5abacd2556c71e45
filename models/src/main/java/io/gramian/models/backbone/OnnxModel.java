package io.gramian.models.backbone;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.format.OnnxGraph;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A backbone as an ONNX model, in evaluation mode: input {@value #INPUT} float32 (n, c, height, width) with values in [0, 1], output
 * {@value #OUTPUT} float32 (n, {@link Backbone#features}). The normalisation by mean and deviation of each channel is part of the
 * model, so that nobody has to remember it; the batch is free, and for residual networks the size of the images. Layers keep
 * torchvision's and timm's parameter names; runtimes fold what can be folded.
 */
public final class OnnxModel {
    /** Name of the input. */
    public static final String INPUT = "image";
    /** Name of the output. */
    public static final String OUTPUT = "features";

    private OnnxModel() {}

    /**
     * What images are normalised with, {@code (x - mean) / std}.
     *
     * @param mean of each channel, or one for all
     * @param std likewise, above 0
     */
    public record Normalisation(List<Double> mean, List<Double> std) {
        /** Copies the lists and checks the deviations. */
        public Normalisation {
            mean = List.copyOf(mean);
            std = List.copyOf(std);
            if (mean.isEmpty() || mean.size() != std.size() || !std.stream().allMatch(value -> value > 0)) {
                throw new IllegalArgumentException(
                        "normalisation: expected as many deviations above 0 as means, got " + mean + " and " + std);
            }
        }

        private float[] values(List<Double> of, int channels) {
            if (of.size() != 1 && of.size() != channels) {
                throw new IllegalArgumentException(
                        "normalisation: expected 1 or " + channels + " values, one a channel, got " + of.size());
            }
            float[] values = new float[channels];
            for (int c = 0; c < channels; c++) {
                values[c] = of.get(of.size() == 1 ? 0 : c).floatValue();
            }
            return values;
        }
    }

    /**
     * Writes a network, over an old file.
     *
     * @param network a residual network or a vision transformer
     * @param metadata texts that are kept in the model
     * @throws GramianException if the file cannot be written
     * @throws IllegalArgumentException if the normalisation is of other channels, or the network of another kind
     */
    public static void write(Path path, Backbone network, Normalisation normalisation, Map<String, String> metadata) {
        OnnxGraph graph = new OnnxGraph("backbone");
        try (Scope scope = Scope.open()) {
            String channels = Integer.toString(network.channels());
            if (network instanceof ResNet residual) {
                graph.input(INPUT, "n", channels, "height", "width");
                new OnnxResidual(graph, residual).build(shifted(graph, residual, normalisation));
            } else if (network instanceof VisionTransformer transformer) {
                String size = Integer.toString(transformer.settings().size());
                graph.input(INPUT, "n", channels, size, size);
                new OnnxTransformer(graph, transformer).build(shifted(graph, transformer, normalisation));
            } else {
                throw new IllegalArgumentException("ONNX: expected a residual network or a vision transformer, got "
                        + network.getClass().getSimpleName() + "; its weights are in the run's model.safetensors");
            }
            graph.output(OUTPUT, "n", Integer.toString(network.features()));
            String description = "Backbone trained without labels. Input " + INPUT + ": float32 (n, " + channels
                    + ", height, width), values in [0, 1]; the normalisation is part of the model. Output " + OUTPUT
                    + ": float32 (n, " + network.features() + ").";
            graph.write(path, description, metadata);
        }
    }

    private static String shifted(OnnxGraph graph, Backbone network, Normalisation normalisation) {
        int c = network.channels();
        Device device = Device.cpu();
        Tensor mean = Tensor.of(device, normalisation.values(normalisation.mean(), c), 1, c, 1, 1);
        Tensor std = Tensor.of(device, normalisation.values(normalisation.std(), c), 1, c, 1, 1);
        String centred = graph.node("Sub", "centred", List.of(INPUT, graph.weight("mean", mean)));
        return graph.node("Div", "normalised", List.of(centred, graph.weight("std", std)));
    }
}
