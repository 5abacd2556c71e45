package io.gramian.models.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.optim.Adam;
import io.gramian.autograd.optim.AdamW;
import io.gramian.backend.Memory;
import io.gramian.loss.NtXent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VisionTransformerTest {
    private static final VisionTransformer.Settings TINY = new VisionTransformer.Settings(6, 3, 1, 8, 2, 2, false);

    private final Device device = Device.cpu();

    private static VisionTransformer.Settings frozen(VisionTransformer.Settings s) {
        return new VisionTransformer.Settings(s.size(), s.patch(), s.channels(), s.width(), s.depth(), s.heads(), true);
    }

    /** timm's counts for vit_tiny, vit_small and vit_base_patch16_224 without head and with fixed positions taken off. */
    @Test
    void namesSizesAndCountsAreTimms() {
        try (VisionTransformer net = new VisionTransformer(device, VisionTransformer.Settings.tiny(224, 16, 3), 1)) {
            assertThat(net.parameterCount()).isEqualTo(5_524_416 - 197 * 192);
            assertThat(net.buffers().get("pos_embed").shape().toArray()).containsExactly(1, 197, 192);
            assertThat(net.features()).isEqualTo(192);
            List<String> names =
                    new ArrayList<>(List.of("cls_token", "patch_embed.proj.weight", "patch_embed.proj.bias"));
            for (int i = 0; i < 12; i++) {
                for (String layer : List.of("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")) {
                    names.add("blocks." + i + "." + layer + ".weight");
                    names.add("blocks." + i + "." + layer + ".bias");
                }
            }
            names.addAll(List.of("norm.weight", "norm.bias"));
            assertThat(net.parameters().keySet()).containsExactlyElementsOf(names);
        }
        try (VisionTransformer net = new VisionTransformer(device, VisionTransformer.Settings.small(224, 16, 3), 1)) {
            assertThat(net.parameterCount()).isEqualTo(21_665_664 - 197 * 384);
        }
    }

    @Test
    void weightsStartAsTheAuthorsDrawThem() {
        try (VisionTransformer net = new VisionTransformer(device, VisionTransformer.Settings.tiny(32, 4, 3), 5)) {
            Map<String, Variable> p = net.parameters();
            assertUniform(p.get("patch_embed.proj.weight"), Math.sqrt(6.0 / (3 * 4 * 4 + 192)));
            assertUniform(p.get("blocks.3.attn.qkv.weight"), Math.sqrt(6.0 / (192 + 192)));
            assertUniform(p.get("blocks.3.attn.proj.weight"), Math.sqrt(6.0 / (192 + 192)));
            assertUniform(p.get("blocks.3.mlp.fc1.weight"), Math.sqrt(6.0 / (192 + 768)));
            assertThat(p.get("blocks.3.mlp.fc1.bias").value().toFloats()).containsOnly(0);
            assertThat(p.get("patch_embed.proj.bias").value().toFloats()).containsOnly(0);
            double squares = 0;
            for (float value : p.get("cls_token").value().toFloats()) {
                squares += (double) value * value;
            }
            assertThat(Math.sqrt(squares / 192)).isBetween(0.8e-6, 1.2e-6);
        }
    }

    /** The largest of many uniform numbers is near the bound, and their mean square a third of its square. */
    private static void assertUniform(Variable weight, double bound) {
        float[] values = weight.value().toFloats();
        double largest = 0;
        double squares = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
            squares += (double) value * value / values.length;
        }
        assertThat(largest).isBetween(0.99 * bound, bound * (1 + 1e-6));
        assertThat(squares).isBetween(0.94 * bound * bound / 3, 1.06 * bound * bound / 3);
    }

    @Test
    void gradientsAgreeWithDifferences() {
        try (VisionTransformer net = new VisionTransformer(device, TINY, 1)) {
            Variable images = Variable.parameter(Generator.of(3).normal(device, 1, 3, 6, 6, 1));
            Map<String, Variable> all = new LinkedHashMap<>(net.parameters());
            all.put("images", images);
            // the token starts at 1e-6, where the first normalisation is steepest: a difference needs a smooth place
            all.get("cls_token").value().copyFrom(Generator.of(4).normal(device, 1, 1, 1, 8));
            new GradientCheck(5e-3, 1e-2, 8, 3).check(() -> net.forward(images), all);
            new GradientCheck(5e-3, 1e-2, 2, 3).check(() -> net.maps(images), all);
            images.close();
        }
    }

    @Test
    void theTokenAndTheMapsHaveTheirShapes() {
        try (VisionTransformer net = new VisionTransformer(device, TINY, 1);
                Scope scope = Scope.open()) {
            Variable images = Variable.constant(Generator.of(3).normal(device, 1, 5, 6, 6, 1));
            float[] recorded = net.forward(images).value().toFloats();
            Memory memory = device.backend().memory();
            long before = memory.statistics().liveBlocks();
            Tensor frozen = Autograd.noGrad(() -> net.forward(images)).value();
            assertThat(memory.statistics().liveBlocks() - before).isLessThan(12); // no block's memory is kept
            assertThat(frozen.shape().toArray()).containsExactly(5, 8);
            assertThat(frozen.toFloats()).isEqualTo(recorded);
            assertThat(net.maps(images).value().shape().toArray()).containsExactly(5, 2, 2, 8);
            assertThat(images.value().isClosed()).isFalse();
        }
    }

    private static double step(VisionTransformer net, AdamW optimizer, Tensor a, Tensor b) {
        try (Scope scope = Scope.open()) {
            Variable loss = EmbeddingLoss.apply(
                    new NtXent(0.2f), List.of(net.forward(Variable.constant(a)), net.forward(Variable.constant(b))));
            optimizer.zeroGrad();
            loss.backward();
            optimizer.step(3e-3);
            return loss.value().item();
        }
    }

    /** Views that are noise around a common image become more alike than others; the frozen projection does not move. */
    @Test
    void learnsLeaksNothingAndLeavesFrozenPatchesAlone() {
        VisionTransformer.Settings settings = frozen(new VisionTransformer.Settings(8, 4, 1, 24, 2, 3, false));
        try (VisionTransformer net = new VisionTransformer(device, settings, 1);
                AdamW optimizer = new AdamW(net.parameters(), new Adam.Settings(0.9, 0.999, 1e-8, 0.1));
                Scope scope = Scope.open()) {
            assertThat(net.parameters()).doesNotContainKey("patch_embed.proj.weight");
            float[] patches = net.buffers().get("patch_embed.proj.weight").toFloats();
            float[] qkv =
                    net.parameters().get("blocks.0.attn.qkv.weight").value().toFloats();
            Tensor common = Generator.of(3).normal(device, 1, 16, 8, 8, 1);
            Tensor a = Generator.of(4).normal(device, 0.7, 16, 8, 8, 1);
            Tensor b = Generator.of(5).normal(device, 0.7, 16, 8, 8, 1);
            device.backend().linearAlgebra().add(a, common, a);
            device.backend().linearAlgebra().add(b, common, b);
            double first = step(net, optimizer, a, b);
            Memory.Statistics after = device.backend().memory().statistics();
            double last = first;
            for (int i = 0; i < 30; i++) {
                last = step(net, optimizer, a, b);
            }
            assertThat(last).isLessThan(0.8 * first);
            assertThat(device.backend().memory().statistics().liveBytes()).isEqualTo(after.liveBytes());
            assertThat(net.buffers().get("patch_embed.proj.weight").toFloats()).isEqualTo(patches);
            assertThat(net.parameters().get("blocks.0.attn.qkv.weight").value().toFloats())
                    .isNotEqualTo(qkv);
        }
    }

    /** A network made for the other size, with these weights, and positions between those of the large grid. */
    @Test
    void imagesOfAnotherSizeHaveTheirPositionsComputed() {
        var four = new VisionTransformer.Settings(12, 3, 1, 8, 2, 2, false);
        try (Scope scope = Scope.open();
                VisionTransformer large = new VisionTransformer(device, four, 1);
                VisionTransformer small = new VisionTransformer(device, TINY, 1)) {
            large.parameters()
                    .forEach((name, value) ->
                            small.parameters().get(name).value().copyFrom(value.value()));
            // two places in four: the middle of each half
            float[] places = new float[5 * 8];
            for (int token = 1; token < 5; token++) {
                double[] place = {(token - 1) / 2 * 2 + 0.5, (token - 1) % 2 * 2 + 0.5}; // x, y: column by column
                for (int axis = 0; axis < 2; axis++) {
                    for (int k = 0; k < 2; k++) {
                        double angle = place[axis] * Math.pow(10_000, -k / 2.0);
                        places[token * 8 + axis * 4 + k] = (float) Math.sin(angle);
                        places[token * 8 + axis * 4 + 2 + k] = (float) Math.cos(angle);
                    }
                }
            }
            small.buffers().get("pos_embed").copyFrom(places);
            Variable images = Variable.constant(Generator.of(3).normal(device, 1, 4, 6, 6, 1));
            assertThat(large.forward(images).value().toFloats())
                    .containsExactly(small.forward(images).value().toFloats());
            assertThat(large.maps(images).value().shape().toArray()).containsExactly(4, 2, 2, 8);
            assertThat(large.forward(Variable.constant(Tensor.zeros(device, 1, 12, 12, 1)))
                            .value()
                            .elements())
                    .isEqualTo(8);
            // positions that were learned elsewhere are those of one size
            assertThatThrownBy(() -> small.forward(Variable.constant(Tensor.zeros(device, 1, 12, 12, 1))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("vision transformer: expected images of 6 pixels, since the positions are not sines and"
                            + " cosines but learned ones, got 12 pixels");
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> VisionTransformer.Settings.tiny(28, 16, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("patch: expected a divisor of the images' side 28, got 16");
        assertThatThrownBy(() -> new VisionTransformer.Settings(28, 4, 1, 10, 1, 1, false))
                .hasMessage("width: expected a multiple of 4 and of the 1 heads, got 10");
        try (VisionTransformer net = new VisionTransformer(device, TINY, 1);
                Scope scope = Scope.open()) {
            for (long[] size : new long[][] {{2, 8, 8, 1}, {2, 6, 9, 1}, {2, 0, 0, 1}, {2, 6, 6, 3}, {6, 6, 1}}) {
                Tensor images = Tensor.zeros(device, size);
                assertThatThrownBy(() -> net.forward(Variable.constant(images)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("vision transformer: expected square images (n, size, size, 1) of a multiple of 3"
                                + " pixels, got " + images.shape());
            }
        }
    }
}
