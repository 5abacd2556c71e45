package io.gramian.models.collapse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.models.data.DatasetSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the paper says, in numbers: arXiv 2110.09348. */
class CollapseStudyTest {
    private static CollapseResults results;

    @TempDir
    private Path folder;

    @BeforeAll
    static void runOnce() {
        ToySettings toy = new ToySettings(16, 4_000, 128, 0.1f, 700, 10, 0);
        results = study(toy, ImageSettings.small(0), new ArrayList<>()).run(null);
    }

    private static CollapseStudy study(ToySettings toy, ImageSettings images, List<String> lines) {
        return new CollapseStudy(Device.cpu(), toy, images, lines::add);
    }

    /** Theorem 1: augmented directions vanish where the augmentation varies more than the data, and only there. */
    @Test
    void strongAugmentationCollapsesBeyondTheThreshold() {
        double previous = Double.POSITIVE_INFINITY;
        for (int i = 0; i < ToyExperiments.VARIANCES.size(); i++) {
            double k = ToyExperiments.VARIANCES.get(i);
            double half = results.augmentedHalf(i);
            List<double[]> run = results.flow().get(i);
            double[] end = run.get(run.size() - 1);
            assertThat(half).as("augmented half, k " + k).isLessThan(previous);
            assertThat(end[7]).as("the other half, k " + k).isGreaterThan(1);
            if (k <= 0.5) {
                assertThat(half).as("augmented half, k " + k).isGreaterThan(0.5);
            }
            if (k >= 1.5) {
                // it decays on: less than a twentieth of the other half, and less than half of what it was before
                assertThat(half).as("augmented half, k " + k).isLessThan(end[7] / 20);
                assertThat(end[8]).isLessThan(run.get(run.size() / 2)[8]);
            }
            previous = half;
        }
    }

    /** With dot products and noise in both views, the optimum of a Gaussian coordinate is w^2 = T / (1 + s^2)^2. */
    @Test
    void theAuthorsCodeShrinksWithoutAThreshold() {
        for (int i = 0; i < ToyExperiments.DEVIATIONS.size(); i++) {
            double s = ToyExperiments.DEVIATIONS.get(i);
            double[] w = results.code().get(i).finalWeight(1);
            double upper = Arrays.stream(w, 0, 8).average().orElseThrow();
            double lower = Arrays.stream(w, 8, 15).average().orElseThrow();
            if (s < 0.1) {
                assertThat(lower / upper).as("deviation " + s).isGreaterThan(0.7); // the smallest still grow
            } else {
                assertThat(lower / upper).as("deviation " + s).isCloseTo(1 / (1 + s * s), within(0.15));
            }
        }
    }

    /** Section 5: without augmentation, two layers collapse; the spaces of what survives align. */
    @Test
    void twoLayersCollapseAndAlign() {
        for (ToyHistory history : List.of(results.twoLayers(), results.unequal())) {
            double[] end = history.finalEmbedding();
            int alive = ToyHistory.alive(end);
            assertThat(alive).isBetween(2, 13);
            assertThat(end[15] / end[0]).isLessThan(1e-5);
            double before = ToyHistory.overlap(history.alignment().get(0), alive);
            double after = ToyHistory.overlap(history.finalAlignment(), alive);
            assertThat(before).isLessThan(0.75);
            assertThat(after).isBetween(0.85, 1 + 1e-9);
        }
        int alive = ToyHistory.alive(results.unequal().finalEmbedding());
        assertThat(ToyHistory.diagonal(results.unequal().alignment().get(0), alive))
                .isLessThan(0.5);
        assertThat(ToyHistory.diagonal(results.unequal().finalAlignment(), alive))
                .isGreaterThan(0.9);
    }

    /** Small singular values grow with the square of what they are: each that survives grew past those that did not. */
    @Test
    void smallSingularValuesStayBehind() {
        ToyHistory two = results.twoLayers();
        int alive = ToyHistory.alive(two.finalEmbedding());
        List<double[]> second = two.weights().get(1);
        double[] start = second.get(0);
        double[] end = two.finalWeight(2);
        assertThat(end[alive - 1] / start[alive - 1]).isGreaterThan(3);
        assertThat(end[15] / start[15]).isLessThan(3);
    }

    /** Figure 7: each layer more costs dimensions; a ReLU does not prevent it. */
    @Test
    void deeperNetworksCollapseMore() {
        int[] linear = alive(results.linear());
        assertThat(linear[0]).isEqualTo(16);
        for (int i = 1; i < linear.length; i++) {
            assertThat(linear[i]).as((i + 1) + " layers").isLessThan(linear[i - 1]);
        }
        int[] rectified = alive(results.rectified());
        assertThat(rectified[0]).isEqualTo(16);
        assertThat(rectified[3]).isLessThan(rectified[1]).isLessThan(16);
    }

    private static int[] alive(List<ToyHistory> runs) {
        return runs.stream()
                .mapToInt(run -> ToyHistory.alive(run.finalEmbedding()))
                .toArray();
    }

    @Test
    void theSameSeedGivesTheSameNumbers() throws IOException {
        ToySettings toy = new ToySettings(6, 200, 16, 0.1f, 20, 2, 5);
        ImageSettings tiny = new ImageSettings(96, 32, 16, 3, 4, List.of(1, 1), 0.1f, 0.06, 0.25, 3, 1);
        DatasetSpec data = DatasetSpec.parse(stripes(96), null);
        List<String> lines = new ArrayList<>();
        CollapseResults first = study(toy, tiny, lines).run(data);
        assertThat(CollapseJson.of(study(toy, tiny, lines).run(data))).isEqualTo(CollapseJson.of(first));
        ToySettings other = new ToySettings(6, 200, 16, 0.1f, 20, 2, 6);
        assertThat(CollapseJson.of(study(other, tiny, lines).run(data))).isNotEqualTo(CollapseJson.of(first));
        assertThat(lines).hasSize(3 * 11).allMatch(line -> line.matches(" *\\d+\\.\\d s  .*"));

        CollapseResults.Images images = first.images();
        assertThat(images).isNotNull();
        assertThat(images.runs()).extracting(ImageRun::variant).containsExactly(Variant.values());
        for (ImageRun run : images.runs()) {
            assertThat(run.steps()).containsExactly(0, 1, 2, 3);
            assertThat(run.losses()).hasSize(3);
            assertThat(Arrays.stream(run.losses()).allMatch(Double::isFinite)).isTrue();
            assertThat(run.finalRepresentation()).hasSize(8);
            assertThat(run.finalEmbedding()).hasSize(run.variant() == Variant.DIRECT ? 2 : 8);
            assertThat(run.knn()).isBetween(0.0, 1.0);
        }
        // the same weights and images at the start
        assertThat(images.run(Variant.DIRECT).representation().get(0))
                .isEqualTo(images.run(Variant.PROJECTOR).representation().get(0));
    }

    @Test
    void missingImagesAreNamedBeforeAnyWork() throws IOException {
        List<String> lines = new ArrayList<>();
        ToySettings toy = ToySettings.quick(0);
        DatasetSpec missing = DatasetSpec.parse("idx:" + folder.resolve("none") + "," + folder.resolve("none"), null);
        assertThatThrownBy(() -> study(toy, ImageSettings.small(0), lines).run(missing))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("none");
        DatasetSpec few = DatasetSpec.parse(stripes(20), null);
        assertThatThrownBy(() -> study(toy, ImageSettings.small(0), lines).run(few))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected at least 256 training images")
                .hasMessageContaining("got 20");
        assertThat(lines).isEmpty();
    }

    /** Images of two kinds of stripes as IDX files. */
    private String stripes(int count) throws IOException {
        Random random = new Random(7);
        int side = 12;
        ByteBuffer images = ByteBuffer.allocate(16 + count * side * side);
        ByteBuffer labels = ByteBuffer.allocate(8 + count);
        images.putInt(0x803).putInt(count).putInt(side).putInt(side);
        labels.putInt(0x801).putInt(count);
        for (int i = 0; i < count; i++) {
            int kind = i % 2;
            labels.put((byte) kind);
            IntStream.range(0, side * side)
                    .map(at -> kind == 0 ? at / side : at % side)
                    .forEach(along -> images.put((byte) ((along / 3 % 2 == 0 ? 150 : 20) + random.nextInt(50))));
        }
        Path imageFile = Files.write(folder.resolve("images" + count), images.array());
        Path labelFile = Files.write(folder.resolve("labels" + count), labels.array());
        return "idx:" + imageFile + "," + labelFile;
    }
}
