package io.gramian.models.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What ONNX Runtime computes from an exported network is what the network computes. */
class OnnxModelTest {
    private static final Device DEVICE = Device.cpu();
    private static final OnnxModel.Normalisation SHIFT =
            new OnnxModel.Normalisation(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

    @TempDir
    private Path folder;

    /** A network with statistics and factors as after some training, not the ones and zeros it starts with. */
    private static ResNet network(Stem stem, int width, int channels, List<Integer> depths) {
        return trained(ResNet.withDepths(DEVICE, new ResNet.Settings(stem, width, channels, false), depths, 5));
    }

    private static <B extends Backbone> B trained(B network) {
        Random random = new Random(11);
        network.parameters().forEach((name, parameter) -> {
            if (parameter.value().shape().rank() == 1) {
                fill(parameter.value(), random, name.endsWith("weight") ? 0.5f : -0.3f, 0.6f);
            }
        });
        network.buffers().forEach((name, buffer) -> {
            if (name.contains("running_")) {
                fill(buffer, random, name.endsWith("var") ? 0.4f : -0.5f, 1);
            }
        });
        network.training(false);
        return network;
    }

    private static void fill(Tensor tensor, Random random, float low, float range) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = low + range * random.nextFloat();
        }
        tensor.copyFrom(values);
    }

    private static OrtSession session(Path file) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        return OrtEnvironment.getEnvironment().createSession(file.toString(), options);
    }

    /** Images in [0, 1] as (n, c, h, w) through the model, and as (n, h, w, c), normalised, through the network. */
    private static void compare(OrtSession session, Backbone network, int n, int side) throws OrtException {
        int c = network.channels();
        float[] pixels = new float[n * c * side * side];
        Random random = new Random(n);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        float[] ours = new float[pixels.length];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < c; k++) {
                double mean = SHIFT.mean().get(k);
                double std = SHIFT.std().get(k);
                for (int at = 0; at < side * side; at++) {
                    ours[(i * side * side + at) * c + k] =
                            (float) ((pixels[(i * c + k) * side * side + at] - mean) / std);
                }
            }
        }
        long[] shape = {n, c, side, side};
        try (Scope scope = Scope.open();
                OnnxTensor image =
                        OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), FloatBuffer.wrap(pixels), shape);
                OrtSession.Result result = session.run(Map.of(OnnxModel.INPUT, image))) {
            float[] expected = Autograd.noGrad(
                            () -> network.forward(Variable.constant(Tensor.of(DEVICE, ours, n, side, side, c))))
                    .value()
                    .toFloats();
            float[][] got =
                    (float[][]) result.get(OnnxModel.OUTPUT).orElseThrow().getValue();
            double largest = 0;
            for (float value : expected) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertThat(largest).isGreaterThan(0.01);
            assertThat(got).hasDimensions(n, network.features());
            for (int i = 0; i < n; i++) {
                for (int e = 0; e < network.features(); e++) {
                    double error = Math.abs(got[i][e] - expected[i * network.features() + e]) / largest;
                    // every difference is one of rounding: written so that NaN fails
                    assertThat(error <= 1e-5)
                            .as("image %d, feature %d: error %s", i, e, error)
                            .isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"CIFAR, 8, 16", "COMPACT, 8, 17", "POOLED, 8, 17", "IMAGENET, 16, 65"})
    void theRuntimeComputesTheSameFeatures(Stem stem, int width, int side) throws OrtException {
        Path file = folder.resolve("model.onnx");
        try (ResNet network = network(stem, width, 3, List.of(2, 1, 1, 2))) {
            OnnxModel.write(file, network, SHIFT, Map.of("method", "simclr"));
            try (OrtSession session = session(file)) {
                TensorInfo input =
                        (TensorInfo) session.getInputInfo().get(OnnxModel.INPUT).getInfo();
                assertThat(input.getShape()).containsExactly(-1, 3, -1, -1);
                assertThat(input.getDimensionNames()).containsExactly("n", "", "height", "width");
                assertThat(session.getMetadata().getCustomMetadata()).containsEntry("method", "simclr");
                assertThat(session.getMetadata().getDescription()).contains("values in [0, 1]");
                compare(session, network, 3, side);
                compare(session, network, 1, side + 4);
            }
        }
    }

    @Test
    void bottlenecksToo() throws OrtException {
        Path file = folder.resolve("bottlenecks.onnx");
        ResNet.Settings settings = new ResNet.Settings(Stem.IMAGENET, 4, 3, false);
        try (ResNet network = trained(ResNet.bottlenecksWithDepths(DEVICE, settings, List.of(2, 1, 2, 1), 3))) {
            OnnxModel.write(file, network, SHIFT, Map.of());
            try (OrtSession session = session(file)) {
                compare(session, network, 2, 64);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void transformersToo(boolean frozen) throws OrtException {
        transformer(new VisionTransformer.Settings(24, 8, 3, 16, 3, 4, frozen));
    }

    @Test
    void viTTinyToo() throws OrtException {
        transformer(VisionTransformer.Settings.tiny(32, 8, 3));
    }

    private void transformer(VisionTransformer.Settings settings) throws OrtException {
        Path file = folder.resolve("transformer.onnx");
        try (VisionTransformer network = trained(new VisionTransformer(DEVICE, settings, 3))) {
            network.parameters().forEach((name, parameter) -> {
                if (name.equals("cls_token")) {
                    fill(parameter.value(), new Random(2), -1, 2);
                }
            });
            OnnxModel.write(file, network, SHIFT, Map.of());
            try (OrtSession session = session(file)) {
                compare(session, network, 3, settings.size());
                compare(session, network, 1, settings.size());
            }
        }
    }

    @Test
    void otherNetworksAreRefused() {
        try (MlpBackbone network = new MlpBackbone(DEVICE, 8, 3, List.of(4), 1)) {
            assertThatThrownBy(() -> OnnxModel.write(folder.resolve("mlp.onnx"), network, SHIFT, Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected a residual network or a vision transformer, got MlpBackbone");
        }
    }

    @Test
    void theSameNetworkGivesTheSameBytesAndAnOldFileStaysOnFailure() throws Exception {
        Path one = folder.resolve("one.onnx");
        Path two = folder.resolve("two.onnx");
        try (ResNet network = network(Stem.CIFAR, 4, 3, List.of(1))) {
            OnnxModel.write(one, network, SHIFT, Map.of());
            OnnxModel.write(two, network, SHIFT, Map.of());
            assertThat(one).hasSameBinaryContentAs(two);
            byte[] before = Files.readAllBytes(one);
            assertThatThrownBy(() -> OnnxModel.write(
                            one, network, new OnnxModel.Normalisation(List.of(0.5, 0.5), List.of(1.0, 1.0)), Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("normalisation: expected 1 or 3 values, one a channel, got 2");
            assertThat(Files.readAllBytes(one)).isEqualTo(before);
            Path nowhere = Files.writeString(folder.resolve("file"), "x").resolve("model.onnx");
            assertThatThrownBy(() -> OnnxModel.write(nowhere, network, SHIFT, Map.of()))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("could not write " + nowhere);
        }
        assertThatThrownBy(() -> new OnnxModel.Normalisation(List.of(0.5), List.of(0.0)))
                .hasMessageContaining("as many deviations above 0");
    }
}
