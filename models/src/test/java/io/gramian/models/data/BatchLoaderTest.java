package io.gramian.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BatchLoaderTest {
    private final Device device = Device.cpu();
    private final List<Augmentation> views = Recipes.barlowTwins(16).forViews(2);

    /** A batch without its memory. */
    private record Taken(long step, int epoch, int[] indices, float[] first, float[] second) {}

    private List<Taken> take(ImageDataset data, int threads, long firstStep, int count) {
        List<Taken> taken = new ArrayList<>();
        BatchLoader.Settings settings = new BatchLoader.Settings(7, 42, threads, 3);
        try (BatchLoader loader = new BatchLoader(device, data, views, settings, firstStep)) {
            for (int i = 0; i < count; i++) {
                try (Batch batch = loader.next()) {
                    float[] first = batch.views().get(0).toFloats();
                    float[] second = batch.views().get(1).toFloats();
                    taken.add(new Taken(
                            batch.step(), batch.epoch(), batch.indices().clone(), first, second));
                }
            }
        }
        return taken;
    }

    private static void assertSame(List<Taken> actual, List<Taken> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) {
            assertThat(actual.get(i).step()).isEqualTo(expected.get(i).step());
            assertThat(actual.get(i).indices()).isEqualTo(expected.get(i).indices());
            assertThat(Arrays.equals(actual.get(i).first(), expected.get(i).first()))
                    .isTrue();
            assertThat(Arrays.equals(actual.get(i).second(), expected.get(i).second()))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void theNumberOfThreadsChangesNothing(int threads) {
        ImageDataset data = new SyntheticDataset(30, 3, -1);
        assertSame(take(data, threads, 0, 13), take(data, 1, 0, 13));
    }

    @Test
    void goesOnAtAnyStep() {
        ImageDataset data = new SyntheticDataset(30, 1, -1);
        List<Taken> whole = take(data, 2, 0, 14);
        assertSame(take(data, 1, 6, 8), whole.subList(6, 14));
        assertThat(whole.get(6).step()).isEqualTo(6);
    }

    @Test
    void visitsEachImageOnceAnEpochInNewOrder() {
        List<Taken> taken = take(new SyntheticDataset(28, 1, -1), 2, 0, 8);
        int[] first = visited(taken.subList(0, 4));
        int[] second = visited(taken.subList(4, 8));
        int[] all = IntStream.range(0, 28).toArray();
        assertThat(first).containsExactlyInAnyOrder(all).isNotEqualTo(all).isNotEqualTo(second);
        assertThat(second).containsExactlyInAnyOrder(all);
        assertThat(taken).extracting(Taken::epoch).containsExactly(0, 0, 0, 0, 1, 1, 1, 1);
        assertThat(taken.get(0).first()).isNotEqualTo(taken.get(0).second());
    }

    private static int[] visited(List<Taken> batches) {
        return batches.stream()
                .flatMapToInt(batch -> Arrays.stream(batch.indices()))
                .toArray();
    }

    @Test
    void packedAndDecodedImagesGiveTheSamePixels() {
        byte[] pixels = new byte[12 * 9 * 8 * 3];
        new Random(3).nextBytes(pixels);
        Tensor tensor = Scope.detach(Tensor.ofBytes(device, pixels, 12, 9, 8, 3));
        try (ImageDataset packed = new PackedDataset("packed", tensor, new int[0], List.of())) {
            ImageDataset decoded = new SyntheticDataset(12, 3, -1) {
                @Override
                public Image image(int index) {
                    return packed.image(index);
                }
            };
            assertSame(take(packed, 1, 0, 2), take(decoded, 1, 0, 2));
        }
    }

    @Test
    void anUnreadableImageArrivesWhereItIsNeeded() {
        BatchLoader.Settings settings = new BatchLoader.Settings(7, 42, 2, 3);
        ImageDataset whole = new SyntheticDataset(28, 1, -1);
        int broken = take(whole, 1, 0, 3).get(2).indices()[4];
        try (BatchLoader loader = new BatchLoader(device, new SyntheticDataset(28, 1, broken), views, settings, 0)) {
            loader.next().close();
            loader.next().close();
            for (int again = 0; again < 2; again++) {
                assertThatThrownBy(loader::next)
                        .isInstanceOf(GramianException.class)
                        .hasMessage("image " + broken + " is damaged");
            }
        }
    }

    @Test
    void reusesMemoryAndFreesAllOfIt() {
        long before = device.backend().memory().statistics().liveBytes();
        BatchLoader.Settings settings = new BatchLoader.Settings(7, 1, 2, 2);
        BatchLoader loader = new BatchLoader(device, new SyntheticDataset(30, 1, -1), views, settings, 0);
        Batch open = loader.next();
        float[] pixels = open.views().get(0).toFloats();
        for (int i = 0; i < 50; i++) {
            loader.next().close();
        }
        // one open, two ahead, two being made, two views each; and the parameters and images being read
        long batch = 2L * 7 * 16 * 16 * 4;
        assertThat(device.backend().memory().statistics().liveBytes() - before).isLessThan(batch * 8);
        loader.close();
        loader.close();
        assertThat(open.views().get(0).toFloats()).isEqualTo(pixels);
        open.close();
        assertThat(device.backend().memory().statistics().liveBytes()).isEqualTo(before);
        assertThatThrownBy(loader::next)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("this loader is closed");
        assertThatThrownBy(open::views).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void batchesThatStayOpenAreNoDeadlock() {
        List<Batch> open = new ArrayList<>();
        BatchLoader.Settings settings = new BatchLoader.Settings(4, 1, 1, 1);
        try (BatchLoader loader = new BatchLoader(device, new SyntheticDataset(30, 1, -1), views, settings, 0)) {
            for (int i = 0; i < 20; i++) {
                open.add(loader.next());
            }
            assertThat(loader.waitNanos()).isPositive();
        }
        open.forEach(Batch::close);
    }

    @Test
    void refusesABatchLargerThanTheData() {
        BatchLoader.Settings settings = new BatchLoader.Settings(31, 1, 1, 1);
        assertThatThrownBy(() -> new BatchLoader(device, new SyntheticDataset(30, 1, -1), views, settings, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("batch: expected 1 to 30, the images of synthetic, got 31; use a smaller batch");
    }
}
