package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.GraphCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Convert;
import io.gramian.autograd.function.Convolution;
import io.gramian.autograd.optim.Sgd;
import io.gramian.backend.Memory;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import io.gramian.models.backbone.VisionTransformer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Networks with bfloat16 activations on the SIMT device: half of the memory, float32 features, gradients and weights.
 * SimtTrainingTest holds the losses of such runs beside those of float32, SimtRoundedWeightsTest has their weights.
 */
class SimtHalfTrainingTest {
    private static final int IMAGES = 8;
    private static final int SIDE = 16;

    private final Device device = DeviceUnderTest.get();

    private static ResNet network(Device device, Stem stem) {
        return ResNet.withDepths(device, new ResNet.Settings(stem, 8, 3, false), List.of(1, 1, 1), 5);
    }

    private Tensor images() {
        return Truth.tensor(device, Truth.gaussian(1, IMAGES * SIDE * SIDE * 3), IMAGES, SIDE, SIDE, 3);
    }

    /** Runs a body with layers in a precision. */
    private <T> T in(Precision precision, Supplier<T> body) {
        Stream stream = device.backend().stream();
        stream.setLayerPrecision(precision);
        try {
            return body.get();
        } finally {
            stream.setLayerPrecision(Precision.FLOAT32);
        }
    }

    /** Live bytes after a recorded forward pass, over those before. */
    private long activationBytes(Backbone network, Tensor images) {
        Memory memory = device.backend().memory();
        long before = memory.statistics().liveBytes();
        try (Scope scope = Scope.open()) {
            assertThat(network.forward(Variable.constant(images)).value().dtype())
                    .isEqualTo(DType.FLOAT32);
            return memory.statistics().liveBytes() - before;
        }
    }

    /** Of residual networks, all that stays float32 is the last maps, features and statistics: 2.4 % of the bytes here. */
    @Test
    void activationsTakeHalfTheBytes() {
        try (ResNet network = network(device, Stem.CIFAR)) {
            assertThat(shareOfBytes(network, "conv|downsample.0")).isBetween(0.5, 0.55);
        }
    }

    /**
     * Of a block, 2 of 18 tensors as wide as the tokens are the residual stream, float32: (2 + 16 / 2) / 18 = 0.556. Before and
     * behind the blocks are 5 more: patches, with the token, with positions, the last normalisation and what is cut out of it.
     */
    @Test
    void activationsOfTransformersTakeLittleMore() {
        try (VisionTransformer network = transformer()) {
            assertThat(shareOfBytes(network, "attn.*weight|mlp.*weight")).isBetween(0.5, 0.64);
        }
    }

    private VisionTransformer transformer() {
        return new VisionTransformer(device, new VisionTransformer.Settings(SIDE, 4, 3, 32, 3, 2, false), 3);
    }

    /** Bytes of activations with bfloat16 over those of float32; weights of these names get a copy of two bytes each, once. */
    private double shareOfBytes(Backbone network, String rounded) {
        Pattern names = Pattern.compile(rounded);
        long weights = network.parameters().entrySet().stream()
                .filter(entry -> names.matcher(entry.getKey()).find())
                .mapToLong(entry -> entry.getValue().value().elements())
                .sum();
        try (Scope scope = Scope.open()) {
            Tensor images = images();
            long whole = in(Precision.FLOAT32, () -> activationBytes(network, images));
            assertThat(in(Precision.TF32, () -> activationBytes(network, images)))
                    .isEqualTo(whole);
            long first = in(Precision.BFLOAT16, () -> activationBytes(network, images));
            long half = in(Precision.BFLOAT16, () -> activationBytes(network, images));
            assertThat(first - half).as("copies of weights").isEqualTo(2 * weights);
            return (double) half / whole;
        }
    }

    /** Nothing is recorded: the same bits as in a recorded pass, and nothing is left behind but the features. */
    @Test
    void evaluatesWithTheSameBits() {
        try (ResNet network = network(device, Stem.IMAGENET)) {
            long features = 4L * IMAGES * network.features();
            assertThat(bytesOfEvaluation(network)).isBetween(features, 4 * features);
        }
    }

    /** What is left are tokens before and behind the blocks, all float32: nothing that is stored inside them. */
    @Test
    void transformersEvaluateWithTheSameBits() {
        try (VisionTransformer network = transformer()) {
            long tokens = 4L * IMAGES * (SIDE / 4 * SIDE / 4 + 1) * network.features();
            assertThat(bytesOfEvaluation(network)).isBetween(tokens, 5 * tokens);
        }
    }

    /** Bytes that a pass leaves in its scope, features among them, which have the bits of a recorded pass. */
    private long bytesOfEvaluation(Backbone network) {
        try (Scope scope = Scope.open()) {
            Tensor images = images();
            network.gathering(false);
            Memory memory = device.backend().memory();
            return in(Precision.BFLOAT16, () -> {
                Tensor recorded = network.forward(Variable.constant(images)).value();
                long before = memory.statistics().liveBytes();
                Tensor features = Autograd.noGrad(() -> network.forward(Variable.constant(images)))
                        .value();
                assertThat(features.toFloats()).isEqualTo(recorded.toFloats());
                return memory.statistics().liveBytes() - before;
            });
        }
    }

    /** Features and gradients of a transformer, float32, beside those of float32 layers: 48 roundings of 2^-9 in three blocks. */
    @Test
    void transformersHaveTheGradientsOfFloat32() {
        try (Scope scope = Scope.open();
                VisionTransformer network = transformer()) {
            Map<String, float[]> exact = in(Precision.FLOAT32, () -> gradients(network));
            Map<String, float[]> rounded = in(Precision.BFLOAT16, () -> gradients(network));
            assertThat(rounded.keySet()).isEqualTo(exact.keySet());
            assertThat(rounded.get("features")).isNotEqualTo(exact.get("features"));
            rounded.forEach((name, values) -> {
                float[] expected = Objects.requireNonNull(exact.get(name));
                double gap = 0;
                double length = 0;
                for (int i = 0; i < values.length; i++) {
                    gap += Math.pow((double) values[i] - expected[i], 2);
                    length += Math.pow(expected[i], 2);
                }
                assertThat(Math.sqrt(gap / length)).as(name).isLessThanOrEqualTo(0.02);
            });
        }
    }

    private Map<String, float[]> gradients(VisionTransformer network) {
        Map<String, float[]> values = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            Variable features = network.forward(Variable.constant(images())).retain();
            features.backward(Truth.tensor(device, Truth.gaussian(9, IMAGES * 32), IMAGES, 32));
            values.put("features", features.value().toFloats());
            network.parameters().forEach((name, weight) -> {
                values.put(name, Objects.requireNonNull(weight.grad()).toFloats());
                weight.clearGradient();
            });
        }
        return values;
    }

    /**
     * Twenty steps whose updates bfloat16 could not hold: the rate is so low that three of four weights of a convolution, and
     * more, stay within half of the distance to their neighbour in bfloat16. They move all the same, but for those that only
     * ever meet the padding (of the nine taps over a map of one pixel, eight), and all together where float32 takes them.
     */
    @Test
    void masterWeightsKeepWhatBfloat16Loses() {
        Map<String, float[][]> exact = in(Precision.FLOAT32, this::descend);
        Map<String, float[][]> rounded = in(Precision.BFLOAT16, this::descend);
        double along = 0;
        double lengths = 0;
        double otherLengths = 0;
        for (String name : rounded.keySet()) {
            float[] before = rounded.get(name)[0];
            float[] after = rounded.get(name)[1];
            float[] other = exact.get(name)[1];
            int moved = 0;
            int beyond = 0;
            for (int i = 0; i < before.length; i++) {
                double gap = (double) after[i] - before[i];
                double otherGap = (double) other[i] - before[i];
                moved += gap != 0 ? 1 : 0;
                beyond += !(Math.abs(gap) <= 0x1p-9 * Math.abs(before[i])) ? 1 : 0;
                along += gap * otherGap;
                lengths += gap * gap;
                otherLengths += otherGap * otherGap;
            }
            assertThat(moved).as("%s: weights that moved", name).isGreaterThan(before.length / 20);
            if (name.contains("conv")) {
                assertThat(beyond)
                        .as("%s: weights that bfloat16 would have moved too", name)
                        .isLessThan(before.length / 4);
            }
        }
        assertThat(along / Math.sqrt(lengths * otherLengths)).as("cosine").isGreaterThan(0.9);
    }

    /** All weights before and after. */
    private Map<String, float[][]> descend() {
        double[] wanted = Truth.gaussian(9, IMAGES * 32);
        Map<String, float[][]> weights = new LinkedHashMap<>();
        try (Scope outer = Scope.open();
                ResNet network = network(device, Stem.IMAGENET);
                Sgd sgd = new Sgd(network.parameters(), new Sgd.Settings(0, 0, false))) {
            Tensor images = images();
            network.parameters()
                    .forEach((name, weight) ->
                            weights.put(name, new float[][] {weight.value().toFloats(), {}}));
            for (int step = 0; step < 20; step++) {
                try (Scope scope = Scope.open()) {
                    network.forward(Variable.constant(images)).backward(Truth.tensor(device, wanted, IMAGES, 32));
                    network.parameters().values().forEach(weight -> assertThat(
                                    Objects.requireNonNull(weight.grad()).dtype())
                            .isEqualTo(DType.FLOAT32));
                    sgd.step(1e-7);
                    sgd.zeroGrad();
                }
            }
            network.parameters()
                    .forEach((name, weight) -> Objects.requireNonNull(weights.get(name))[1] =
                            weight.value().toFloats());
        }
        return weights;
    }

    @Test
    void whatTakesNoBfloat16SaysSo() {
        try (Scope scope = Scope.open()) {
            Tensor half = Tensor.empty(device, DType.BFLOAT16, 1, 2, 2, 4).copyFrom(new float[16]);
            Tensor weights = Tensor.zeros(device, 3, 1, 1, 4);
            Tensor bias = Tensor.zeros(device, 3);
            Tensor there =
                    Tensor.empty(Device.cpu(), DType.BFLOAT16, 1, 2, 2, 4).copyFrom(half);
            assertThatThrownBy(() -> device.backend().network().relu(half, half))
                    .hasMessage("x: expected FLOAT32, got BFLOAT16 (1, 2, 2, 4)");
            assertThatThrownBy(() -> Convolution.apply(
                            Variable.constant(half), Variable.constant(weights), Variable.constant(bias), 1, 0))
                    .hasMessage("bias: expected null with BFLOAT16 activations, got (3); add it in the layer behind,"
                            + " or give FLOAT32 activations");
            assertThatThrownBy(() -> Convert.apply(Variable.constant(there), DType.FLOAT32))
                    .hasMessage("x: expected FLOAT32 on the CPU, got BFLOAT16 (1, 2, 2, 4);"
                            + " activations are BFLOAT16 on CUDA devices only");
            Tensor bad = Tensor.empty(device, DType.BFLOAT16, 3).copyFrom(new float[] {1, Float.NaN, 2});
            assertThat(GraphCheck.isFinite(bad)).isFalse();
            assertThat(GraphCheck.isFinite(half)).isTrue();
        }
    }
}
