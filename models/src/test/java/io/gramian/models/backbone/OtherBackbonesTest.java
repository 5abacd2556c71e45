package io.gramian.models.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Bottleneck;
import io.gramian.autograd.nn.Generator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** ResNet-34, ResNet-50 and the plain MLP. */
class OtherBackbonesTest {
    private final Device device = Device.cpu();

    /** torchvision's counts, without the classifiers of 1000 classes. */
    @Test
    void sizesAreTorchvisions() {
        ResNet.Settings settings = new ResNet.Settings(Stem.IMAGENET, 64, 3, true);
        try (ResNet net = ResNet.resNet34(device, settings, 1)) {
            assertThat(net.parameterCount()).isEqualTo(21_797_672 - 513_000);
            assertThat(net.features()).isEqualTo(512);
        }
        try (ResNet net = ResNet.resNet50(device, settings, 1)) {
            assertThat(net.parameterCount()).isEqualTo(25_557_032 - 2_049_000);
            assertThat(net.features()).isEqualTo(2048);
            assertThat(net.parameters())
                    .containsKeys("layer1.0.conv3.weight", "layer1.0.downsample.0.weight", "layer4.2.bn3.bias");
            assertThat(net.parameters().get("layer3.5.bn3.weight").value().toFloats())
                    .containsOnly(0);
            assertThat(net.parameters()
                            .get("layer4.0.conv2.weight")
                            .value()
                            .shape()
                            .toArray())
                    .containsExactly(512, 3, 3, 512);
        }
    }

    @Test
    void resNet50GivesMapsAndFeatures() {
        try (ResNet net = ResNet.resNet50(device, new ResNet.Settings(Stem.CIFAR, 4, 1, false), 1);
                Scope scope = Scope.open()) {
            Variable images = Variable.constant(Generator.of(3).normal(device, 1, 2, 16, 16, 1));
            assertThat(net.maps(images).value().shape().toArray()).containsExactly(2, 2, 2, 128);
            assertThat(net.forward(images).value().shape().toArray()).containsExactly(2, 128);
        }
    }

    /** As for basic blocks: offsets keep most values away from the kink of a ReLU. */
    @Test
    void bottleneckGradientsAgreeWithDifferences() {
        for (int stride = 1; stride <= 2; stride++) {
            try (Bottleneck block = new Bottleneck(device, 4, 2, stride, false, Generator.of(2))) {
                Variable x = Variable.parameter(Generator.of(3).normal(device, 1, 3, 5, 4, 4));
                Map<String, Variable> all = new LinkedHashMap<>(block.parameters());
                all.put("x", x);
                for (String bias : List.of("bn1.bias", "bn2.bias", "bn3.bias")) {
                    float[] offsets = all.get(bias).value().toFloats();
                    for (int c = 0; c < offsets.length; c++) {
                        offsets[c] = c % 2 == 0 ? 1.5f : -1.5f;
                    }
                    all.get(bias).value().copyFrom(offsets);
                }
                new GradientCheck(5e-4, 2e-2, 10, 3).check(() -> block.forward(x), all);
                x.close();
            }
        }
    }

    @Test
    void mlpKnowsItsImages() {
        try (MlpBackbone net = new MlpBackbone(device, 5, 3, List.of(16, 7), 1);
                Scope scope = Scope.open()) {
            assertThat(net.features()).isEqualTo(7);
            assertThat(net.channels()).isEqualTo(3);
            Variable images = Variable.constant(Generator.of(3).normal(device, 1, 4, 5, 5, 3));
            assertThat(net.forward(images).value().shape().toArray()).containsExactly(4, 7);
            assertThat(net.maps(images).value().shape().toArray()).containsExactly(4, 1, 1, 7);
            assertThat(net.parameters()).containsKeys("layers.0.weight", "layers.4.bias");
            assertThatThrownBy(() -> net.forward(Variable.constant(Tensor.zeros(device, 4, 6, 6, 3))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("mlp: expected images (n, 5, 5, 3), got (4, 6, 6, 3)");
        }
    }
}
