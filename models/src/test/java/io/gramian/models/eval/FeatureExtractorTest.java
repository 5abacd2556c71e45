package io.gramian.models.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipes;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import io.gramian.models.data.Image;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.ViewRenderer;
import io.gramian.models.format.Npy;
import io.gramian.models.report.RunImages;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureExtractorTest {
    private final Device device = Device.cpu();

    /** Grey images of 8 x 8: pixel p of image i is 4 i + p, class i % 3. */
    private record Ramps(int size) implements ImageDataset {
        @Override
        public String name() {
            return "ramps";
        }

        @Override
        public int classes() {
            return 3;
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
            return index % 3;
        }

        @Override
        public Image image(int index) {
            byte[] pixels = new byte[64];
            for (int p = 0; p < 64; p++) {
                pixels[p] = (byte) (4 * index + p);
            }
            return new Image(8, 8, 1, pixels);
        }
    }

    @Test
    void pixelsAreTheBytesOver255() {
        try (Scope scope = Scope.open()) {
            Evaluation.Labelled all = new FeatureExtractor(device, 4).pixels(new Ramps(10), 8);
            float[] values = all.features().toFloats();
            assertThat(all.features().shape().toArray()).containsExactly(10, 64);
            assertThat(values[9 * 64 + 5]).isCloseTo(41 / 255f, within(1e-6f));
            assertThat(all.labels()).containsExactly(0, 1, 2, 0, 1, 2, 0, 1, 2, 0);
        }
    }

    @Test
    void featuresDoNotDependOnTheBatchAndNothingLeaks() {
        try (ResNet network = ResNet.resNet18(device, Stem.CIFAR, 4, 1, 1)) {
            Ramps data = new Ramps(7);
            float[] whole = features(network, data, 7);
            long before = device.backend().memory().statistics().liveBytes();
            float[] parts = features(network, data, 3);
            assertThat(device.backend().memory().statistics().liveBytes()).isEqualTo(before);
            assertThat(network.training()).isTrue();
            assertThat(parts).hasSize(7 * network.features());
            for (int i = 0; i < whole.length; i++) {
                assertThat(parts[i]).isCloseTo(whole[i], within(1e-4f * (1 + Math.abs(whole[i]))));
            }
        }
    }

    /** 5 x 5 maps in 2 x 2 cells: windows of 3 that share their middle row and column. */
    @Test
    void cellsAreMeansOverPartsOfTheMaps() {
        try (Scope scope = Scope.open();
                ResNet network =
                        ResNet.withDepths(device, new ResNet.Settings(Stem.CIFAR, 4, 1, false), List.of(1, 1), 3)) {
            Augmentation view = Recipes.evaluation(9).views().get(0);
            network.training(false);
            Tensor images = render(new Ramps(2), view);
            Tensor maps = Autograd.noGrad(() -> network.maps(Variable.constant(images)))
                    .value();
            assertThat(maps.shape().toArray()).containsExactly(2, 5, 5, 8);
            float[] m = maps.toFloats();
            Tensor cells = new FeatureExtractor(device, 2)
                    .cells(network, 2, new Ramps(2), view)
                    .features();
            assertThat(cells.shape().toArray()).containsExactly(2, 32);
            float[] actual = cells.toFloats();
            for (int i = 0; i < actual.length; i++) {
                int image = i / 32;
                int row = 2 * (i / 16 % 2);
                int column = 2 * (i / 8 % 2);
                double sum = 0;
                for (int p = 0; p < 9; p++) {
                    sum += m[((image * 5 + row + p / 3) * 5 + column + p % 3) * 8 + i % 8];
                }
                assertThat((double) actual[i]).isCloseTo(sum / 9, within(1e-5));
            }
            assertThatThrownBy(() -> new FeatureExtractor(device, 2).cells(network, 6, new Ramps(2), view))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("grid: expected at most the 5 pixels of a side")
                    .hasMessageEndingWith("got 6");
        }
    }

    @Test
    void refusesRandomViews() {
        try (Scope scope = Scope.open();
                ResNet network = ResNet.resNet18(device, Stem.CIFAR, 4, 1, 1)) {
            assertThatThrownBy(() -> new FeatureExtractor(device, 2)
                            .network(
                                    network,
                                    new Ramps(2),
                                    Recipes.simclr(8).views().get(0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("without a random crop");
        }
    }

    @Test
    void imagesOfTheReportAreTheOriginalsAndTheirViews(@TempDir Path run) {
        Ramps data = new Ramps(5);
        RunImages.writeTests(run, data, 3, 8);
        RunImages.writeAugmented(run, data, Recipes.fashionMnist(8), 2, new int[] {4, 1}, 11);
        try (Tensor images = Npy.read(device, run.resolve("images.npy"));
                Tensor views = Npy.read(device, run.resolve("augmented.npy"))) {
            assertThat(images.shape().toArray()).containsExactly(3, 8, 8, 1);
            assertThat(images.toBytes()[2 * 64 + 10]).isEqualTo((byte) 18);
            assertThat(views.shape().toArray()).containsExactly(2, 3, 8, 8, 1);
            byte[] bytes = views.toBytes();
            assertThat(bytes[7]).isEqualTo((byte) 23);
            assertThat(bytes[3 * 64 + 7]).isEqualTo((byte) 11);
        }
    }

    private Tensor render(Ramps data, Augmentation view) {
        try (ViewRenderer renderer = new ViewRenderer(device, 0)) {
            return renderer.render(data, new int[] {0, 1}, view, 0, 0, 0);
        }
    }

    private float[] features(ResNet network, ImageDataset data, int batch) {
        try (Scope scope = Scope.open()) {
            return new FeatureExtractor(device, batch)
                    .network(network, data, Recipes.evaluation(8).views().get(0))
                    .features()
                    .toFloats();
        }
    }
}
