package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.data.Image;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.ViewRenderer;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.eval.FeatureExtractor;
import io.gramian.models.eval.KnnClassifier;
import io.gramian.models.eval.LinearProbe;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Evaluations with features on the SIMT device, whose memory the processor may not touch, as on the CPU. Images stay in
 * the processor's memory.
 */
class SimtEvaluationTest {
    private static final int CLASSES = 3;

    private final Device device = DeviceUnderTest.get();

    /** Rows around a centre for each class. */
    private static double[] features(long seed, int[] labels, int d) {
        double[] x = Truth.gaussian(seed, labels.length * d);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (x[i] + (i % d == labels[i / d] ? 2 : 0.5));
        }
        return x;
    }

    private static int[] labels(int n) {
        int[] labels = new int[n];
        Arrays.setAll(labels, i -> i % CLASSES);
        return labels;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void neighboursVoteAsOnTheCpu(boolean cosine) {
        int[] classes = labels(200);
        double[] train = features(1, classes, 7);
        double[] test = features(2, labels(40), 7);
        KnnClassifier knn = cosine ? KnnClassifier.cosine(11, 0.07) : KnnClassifier.euclidean(11);
        try (Scope scope = Scope.open()) {
            int[] expected = knn.predict(
                    Truth.tensor(Device.cpu(), train, 200, 7),
                    classes,
                    Truth.tensor(Device.cpu(), test, 40, 7),
                    CLASSES);
            Tensor x = Truth.tensor(device, train, 200, 7);
            Tensor q = Truth.tensor(device, test, 40, 7);
            assertThat(knn.predict(x, classes, q, CLASSES)).isEqualTo(expected);
            assertThat(Arrays.stream(expected).distinct()).hasSize(CLASSES);
            q.rows(3, 4).copyFrom(new float[] {Float.NaN, 0, 0, 0, 0, 0, 0});
            assertThatThrownBy(() -> knn.predict(x, classes, q, CLASSES))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("NaN or infinity in test row 3");
        }
    }

    @Test
    void theLinearProbeFindsTheSameMinimum() {
        int[] classes = labels(96);
        int[] others = labels(60);
        double[] train = features(3, classes, 4);
        double[] test = features(4, others, 4);
        try (Scope scope = Scope.open()) {
            LinearProbe.Result expected = LinearProbe.evaluate(
                    Truth.tensor(Device.cpu(), train, 96, 4),
                    classes,
                    Truth.tensor(Device.cpu(), test, 60, 4),
                    others,
                    CLASSES);
            LinearProbe.Result found = LinearProbe.evaluate(
                    Truth.tensor(device, train, 96, 4), classes, Truth.tensor(device, test, 60, 4), others, CLASSES);
            assertThat(found.decay()).isEqualTo(expected.decay());
            assertThat(found.trainLoss()).isCloseTo(expected.trainLoss(), within(1e-4));
            assertThat(found.accuracy()).isCloseTo(expected.accuracy(), within(1.01 / 60)); // one row on the border
            assertThat(found.accuracy()).isGreaterThan(0.5);
        }
    }

    /** Grey images in the memory of the processor. */
    private static ImageDataset images(int n, int height, int width, boolean inMemory) {
        byte[] pixels = new byte[n * height * width];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (37 * i + i / 17);
        }
        Tensor all = Tensor.ofBytes(Device.cpu(), pixels, n, height, width, 1);
        return new ImageDataset() {
            @Override
            public String name() {
                return "noise";
            }

            @Override
            public int size() {
                return n;
            }

            @Override
            public int classes() {
                return CLASSES;
            }

            @Override
            public int channels() {
                return 1;
            }

            @Override
            public String className(int classIndex) {
                return "class " + classIndex;
            }

            @Override
            public int label(int index) {
                return index % CLASSES;
            }

            @Override
            public Image image(int index) {
                int from = index * height * width;
                return new Image(height, width, 1, Arrays.copyOfRange(pixels, from, from + height * width));
            }

            @Override
            public Optional<Tensor> pixels(Device there) {
                return inMemory
                        ? Optional.of(
                                Tensor.empty(there, DType.UINT8, all.shape().toArray())
                                        .copyFrom(all))
                        : Optional.empty();
            }
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pixelsOfTheProcessorBecomeFeaturesOfTheDevice(boolean inMemory) {
        try (Scope scope = Scope.open()) {
            ImageDataset data = images(11, 9, 7, inMemory);
            Evaluation.Labelled expected = new FeatureExtractor(Device.cpu(), 4).pixels(data, 6);
            Evaluation.Labelled found = new FeatureExtractor(device, 4).pixels(data, 6);
            assertThat(found.features().device()).isSameAs(device);
            assertThat(found.labels()).isEqualTo(expected.labels());
            float[] truth = expected.features().toFloats();
            float[] values = found.features().toFloats();
            assertThat(values).hasSize(11 * 36);
            for (int i = 0; i < truth.length; i++) {
                assertThat(values[i]).isCloseTo(truth[i], within(1e-5f));
            }
        }
    }

    @Test
    void anImageThatIsNotThereIsNamed() {
        try (Scope scope = Scope.open();
                ViewRenderer renderer = new ViewRenderer(device, 0)) {
            ImageDataset data = images(3, 4, 4, true);
            assertThatThrownBy(() -> renderer.render(data, new int[] {0, 3}, Augmentation.plain(4), 0, 0, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected indices below 3 of noise, got 3");
        }
    }
}
