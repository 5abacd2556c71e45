package io.gramian.models.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import io.gramian.models.data.Image;
import io.gramian.models.data.ImageDataset;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FineTuningTest {
    private final Device device = Device.cpu();

    /** Stripes across or along, in noise. */
    private record Stripes(int size, long seed) implements ImageDataset {
        @Override
        public String name() {
            return "stripes";
        }

        @Override
        public int classes() {
            return 2;
        }

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public String className(int classIndex) {
            return Integer.toString(classIndex);
        }

        @Override
        public int label(int index) {
            return index % 2;
        }

        @Override
        public Image image(int index) {
            Random random = new Random(seed * 7919 + index);
            byte[] pixels = new byte[12 * 12];
            for (int at = 0; at < pixels.length; at++) {
                int along = label(index) == 0 ? at / 12 : at % 12;
                pixels[at] = (byte) ((along / 3 % 2 == 0 ? 140 : 60) + random.nextInt(50));
            }
            return new Image(12, 12, 1, pixels);
        }
    }

    private ResNet network(int seed) {
        return ResNet.withDepths(device, new ResNet.Settings(Stem.CIFAR, 8, 1, false), List.of(1), seed);
    }

    private double accuracy(ResNet network, FineTuning.Settings settings) {
        Augmentation view = Augmentation.plain(12);
        return FineTuning.accuracy(device, network, new Stripes(96, 1), new Stripes(64, 2), view, view, settings);
    }

    @Test
    void learnsWhatItIsToldAndDoesSoTwice() {
        FineTuning.Settings settings = new FineTuning.Settings(6, 16, 0.2, 10, 0.9, 1e-4, 3);
        try (ResNet one = network(1);
                ResNet two = network(1)) {
            double accuracy = accuracy(one, settings);
            assertThat(accuracy).isBetween(0.9, 1.0);
            assertThat(accuracy(two, settings)).isEqualTo(accuracy);
            one.parameters()
                    .forEach((name, parameter) -> assertThat(parameter.value().toFloats())
                            .as(name)
                            .isEqualTo(two.parameters().get(name).value().toFloats()));
            assertThat(one.training()).isTrue();
        }
    }

    @Test
    void withoutARateTheHeadStaysAtZeroAndTheFirstClassWins() {
        try (ResNet network = network(1)) {
            float[] before = network.parameters().get("conv1.weight").value().toFloats();
            assertThat(accuracy(network, new FineTuning.Settings(1, 16, 0, 10, 0.9, 0, 3)))
                    .isEqualTo(0.5);
            assertThat(network.parameters().get("conv1.weight").value().toFloats())
                    .isEqualTo(before);
        }
    }

    @Test
    void weightsThatAreNoNumbersAreNamed() {
        try (ResNet network = network(1)) {
            network.parameters().get("conv1.weight").value().fill(Float.NaN);
            assertThatThrownBy(() -> accuracy(network, FineTuning.Settings.of(1, 0)))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("the loss of step 1 is NaN");
        }
    }

    /** Logits (0, log 3): probabilities 1/4 and 3/4. */
    @Test
    void crossEntropyByHandAndByFiniteDifferences() {
        try (Scope scope = Scope.open()) {
            float log3 = (float) Math.log(3);
            Variable logits = Variable.parameter(Tensor.of(device, new float[] {0, log3, log3, 0}, 2, 2));
            Variable loss = CrossEntropy.apply(logits, new int[] {0, 0});
            assertThat((double) loss.value().item()).isCloseTo((Math.log(4) - Math.log(0.75)) / 2, within(1e-6));
            loss.backward();
            assertThat(java.util.Objects.requireNonNull(logits.grad()).toFloats())
                    .containsExactly(new float[] {-0.375f, 0.375f, -0.125f, 0.125f}, within(1e-6f));
            assertThat((double) CrossEntropy.apply(
                                    Variable.constant(Tensor.of(device, new float[] {1e4f, -1e4f}, 1, 2)),
                                    new int[] {1})
                            .value()
                            .item())
                    .isEqualTo(2e4);
            assertThat(CrossEntropy.apply(
                                    Variable.constant(Tensor.of(device, new float[] {Float.NaN, 0}, 1, 2)),
                                    new int[] {1})
                            .value()
                            .item())
                    .isNaN();
            Variable x = Variable.parameter(
                    Tensor.of(device, new float[] {0.3f, -1, 2, 0.5f, 0, 1.5f, -0.7f, 0.1f, 0.2f}, 3, 3));
            GradientCheck.defaults().check(() -> CrossEntropy.apply(x, new int[] {2, 0, 1}), Map.of("x", x));
        }
    }
}
