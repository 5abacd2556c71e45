package io.gramian.models.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.optim.Sgd;
import io.gramian.backend.Memory;
import io.gramian.loss.MultiViewLoss;
import io.gramian.models.head.MlpHead;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResNetTest {
    private final Device device = Device.cpu();

    /** Mean squared distance of two views: enough to see a network learn. */
    private record Distance() implements MultiViewLoss {
        @Override
        public String name() {
            return "distance";
        }

        @Override
        public double value(List<Tensor> views) {
            return valueAndGradient(views, views.stream().map(Tensor::copy).toList());
        }

        @Override
        public double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
            float[] a = views.get(0).toFloats();
            float[] b = views.get(1).toFloats();
            double sum = 0;
            for (int i = 0; i < a.length; i++) {
                float difference = a[i] - b[i];
                sum += (double) difference * difference / a.length;
                a[i] = 2 * difference / a.length;
                b[i] = -a[i];
            }
            gradients.get(0).copyFrom(a);
            gradients.get(1).copyFrom(b);
            return sum;
        }
    }

    private static List<String> torchvisionNames() {
        List<String> names = new ArrayList<>(List.of("conv1.weight", "bn1.weight", "bn1.bias"));
        for (int stage = 1; stage <= 4; stage++) {
            for (int block = 0; block < 2; block++) {
                String prefix = "layer" + stage + "." + block + ".";
                for (String name :
                        List.of("conv1.weight", "bn1.weight", "bn1.bias", "conv2.weight", "bn2.weight", "bn2.bias")) {
                    names.add(prefix + name);
                }
                if (stage > 1 && block == 0) {
                    names.add(prefix + "downsample.0.weight");
                    names.add(prefix + "downsample.1.weight");
                    names.add(prefix + "downsample.1.bias");
                }
            }
        }
        return names;
    }

    @Test
    void namesSizesAndCountAreTorchvisions() {
        try (ResNet net = ResNet.resNet18(device, Stem.IMAGENET, 64, 3, 1)) {
            assertThat(net.parameters().keySet()).containsExactlyElementsOf(torchvisionNames());
            assertThat(net.parameterCount()).isEqualTo(11_689_512 - 513_000); // torchvision's, without its classifier
            assertThat(net.features()).isEqualTo(512);
            assertThat(net.parameters().get("conv1.weight").value().shape().toArray())
                    .containsExactly(64, 7, 7, 3);
            assertThat(net.parameters()
                            .get("layer3.0.downsample.0.weight")
                            .value()
                            .shape()
                            .toArray())
                    .containsExactly(256, 1, 1, 128);
            assertThat(net.buffers()).hasSize(40).containsKey("layer4.1.bn2.running_var");
        }
    }

    @Test
    void bothStemsGiveFeatures() {
        for (Stem stem : Stem.values()) {
            try (ResNet net = ResNet.resNet18(device, stem, 8, 1, 1);
                    Scope scope = Scope.open()) {
                Tensor images = Generator.of(3).normal(device, 1, 3, 28, 28, 1);
                Tensor training = net.forward(Variable.constant(images)).value();
                assertThat(training.shape().toArray()).containsExactly(3, 64);
                net.training(false);
                Tensor frozen = Autograd.noGrad(() -> net.forward(Variable.constant(images)))
                        .value();
                assertThat(frozen.shape().toArray()).containsExactly(3, 64);
                assertThat(images.isClosed()).isFalse();
            }
        }
    }

    @Test
    void evaluationHoldsOneBlockAtATime() {
        try (ResNet net = ResNet.resNet18(device, Stem.CIFAR, 16, 1, 1);
                Scope scope = Scope.open()) {
            net.training(false);
            Tensor images = Tensor.zeros(device, 16, 28, 28, 1);
            long activation = 16L * 28 * 28 * 16 * 4;
            Memory memory = device.backend().memory();
            memory.trim();
            long before = memory.statistics().liveBytes();
            Tensor features = Autograd.noGrad(() -> net.forward(Variable.constant(images)))
                    .value();
            assertThat(memory.statistics().liveBytes() - before)
                    .isLessThan(activation)
                    .isGreaterThan(features.bytes());
        }
    }

    /** Two stages, both stems: every parameter and the images. As in the blocks' own test, few values lie near a kink. */
    @Test
    void gradientsAgreeWithDifferences() {
        for (Stem stem : Stem.values()) {
            ResNet.Settings settings = new ResNet.Settings(stem, 3, 2, false);
            try (ResNet net = ResNet.withDepths(device, settings, List.of(1, 1), 1)) {
                int side = stem == Stem.CIFAR ? 6 : 17;
                Variable images = Variable.parameter(Generator.of(3).normal(device, 1, 3, side, side, 2));
                Map<String, Variable> all = new LinkedHashMap<>(net.parameters());
                all.forEach((name, parameter) -> {
                    if (name.endsWith("bias")) {
                        float[] offsets = parameter.value().toFloats();
                        for (int c = 0; c < offsets.length; c++) {
                            offsets[c] = c % 2 == 0 ? 1.5f : -1.5f;
                        }
                        parameter.value().copyFrom(offsets);
                    }
                });
                all.put("images", images);
                new GradientCheck(5e-4, 2e-2, 8, 3).check(() -> net.forward(images), all);
                images.close();
            }
        }
    }

    private static double step(ResNet net, MlpHead head, Sgd sgd, Tensor a, Tensor b, double rate) {
        try (Scope scope = Scope.open()) {
            Variable loss = EmbeddingLoss.apply(
                    new Distance(),
                    List.of(
                            head.forward(net.forward(Variable.constant(a))),
                            head.forward(net.forward(Variable.constant(b)))));
            sgd.zeroGrad();
            loss.backward();
            sgd.step(rate);
            return loss.value().item();
        }
    }

    private static Map<String, Variable> all(ResNet net, MlpHead head) {
        Map<String, Variable> all = new LinkedHashMap<>();
        net.parameters().forEach((name, parameter) -> all.put("backbone." + name, parameter));
        head.parameters().forEach((name, parameter) -> all.put("head." + name, parameter));
        return all;
    }

    @Test
    void learnsAndLeaksNothing() {
        try (ResNet net = ResNet.resNet18(device, Stem.CIFAR, 8, 1, 1);
                MlpHead head = new MlpHead(device, MlpHead.Settings.of(64, 32, 16), 2);
                Sgd sgd = new Sgd(all(net, head), new Sgd.Settings(0.9, 0, false));
                Scope scope = Scope.open()) {
            Tensor a = Generator.of(3).normal(device, 1, 6, 14, 14, 1);
            Tensor b = Generator.of(4).normal(device, 1, 6, 14, 14, 1);
            double first = step(net, head, sgd, a, b, 0.02);
            Memory.Statistics after = device.backend().memory().statistics();
            long scratch = device.backend().stream().scratchBytes();
            double last = first;
            for (int i = 0; i < 20; i++) {
                last = step(net, head, sgd, a, b, 0.02);
            }
            assertThat(last).isLessThan(0.5 * first);
            Memory.Statistics now = device.backend().memory().statistics();
            assertThat(now.liveBytes()).isEqualTo(after.liveBytes());
            assertThat(now.liveBlocks()).isEqualTo(after.liveBlocks());
            assertThat(now.peakBytes()).isEqualTo(after.peakBytes());
            assertThat(device.backend().stream().scratchBytes()).isEqualTo(scratch);
        }
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        List<float[]> results = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            try (ResNet net = ResNet.resNet18(device, Stem.CIFAR, 16, 1, 1);
                    MlpHead head = new MlpHead(device, MlpHead.Settings.of(128, 16), 2);
                    Sgd sgd = new Sgd(all(net, head), new Sgd.Settings(0.9, 0, false));
                    Scope scope = Scope.open()) {
                Tensor a = Generator.of(3).normal(device, 1, 6, 14, 14, 1);
                for (int i = 0; i < 2; i++) {
                    step(net, head, sgd, a, Generator.of(4).normal(device, 1, 6, 14, 14, 1), 0.1);
                }
                results.add(net.parameters().get("conv1.weight").value().toFloats());
            }
        }
        assertThat(results.get(0)).containsExactly(results.get(1));
    }
}
