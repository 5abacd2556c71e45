package io.gramian.models.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Generator;
import io.gramian.models.head.MlpHead.LastNorm;
import io.gramian.models.head.MlpHead.Settings;
import java.util.List;
import org.junit.jupiter.api.Test;

class MlpHeadTest {
    private final Device device = Device.cpu();

    @Test
    void hasTheLayersOfItsSettings() {
        try (MlpHead head = new MlpHead(device, Settings.of(8, 16, 4), 1)) {
            assertThat(head.parameters().keySet())
                    .containsExactly("layers.0.weight", "layers.1.weight", "layers.1.bias", "layers.3.weight");
            assertThat(head.features()).isEqualTo(4);
        }
        Settings full = new Settings(List.of(8, 16, 4), true, true, true, LastNorm.PLAIN);
        try (MlpHead head = new MlpHead(device, full, 1)) {
            assertThat(head.parameters().keySet())
                    .containsExactly(
                            "layers.0.weight",
                            "layers.0.bias",
                            "layers.1.weight",
                            "layers.1.bias",
                            "layers.3.weight",
                            "layers.3.bias");
            assertThat(head.buffers()).containsKey("layers.4.running_mean");
        }
        try (MlpHead plain =
                new MlpHead(device, new Settings(List.of(8, 16, 4), false, true, true, LastNorm.NONE), 1)) {
            assertThat(plain.buffers()).isEmpty();
            assertThat(plain.parameters().keySet())
                    .containsExactly("layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias");
        }
        assertThatThrownBy(() -> Settings.of(8)).hasMessage("number of sizes: expected at least 2, got 1");
    }

    @Test
    void gradientsAgreeWithDifferences() {
        Settings settings = new Settings(List.of(5, 7, 3), true, true, true, LastNorm.AFFINE);
        try (MlpHead head = new MlpHead(device, settings, 1)) {
            Variable x = Variable.constant(Generator.of(2).normal(device, 1, 32, 5));
            var checked = new java.util.LinkedHashMap<>(head.parameters());
            checked.keySet()
                    .removeIf(name -> name.startsWith("layers.0")); // a step there moves values across the ReLU's kink
            new GradientCheck(1e-2, 2e-2, 10, 1).check(() -> head.forward(x), checked);
            x.close();
        }
    }
}
