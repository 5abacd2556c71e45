package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.autograd.GraphCheck;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.ssl.JointEmbedding;
import io.gramian.models.ssl.SimClrSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PretrainerTest {
    private static final int BAD_STEP = 3;

    /** NT-Xent, whose third gradient has an infinity although its value is fine: what an overflow in a kernel would give. */
    private static final class Overflowing implements MultiViewLoss {
        private final MultiViewLoss loss = new NtXent(0.5f);
        private int calls;

        @Override
        public String name() {
            return "overflowing";
        }

        @Override
        public double value(List<Tensor> views) {
            return loss.value(views);
        }

        @Override
        public double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
            double value = loss.valueAndGradient(views, gradients);
            if (++calls == BAD_STEP) {
                float[] gradient = gradients.get(0).toFloats();
                gradient[0] = Float.POSITIVE_INFINITY;
                gradients.get(0).copyFrom(gradient);
            }
            return value;
        }
    }

    private record OverflowingSystem(JointEmbedding base) implements JointEmbedding {
        @Override
        public String name() {
            return base.name();
        }

        @Override
        public String paper() {
            return base.paper();
        }

        @Override
        public String summary() {
            return base.summary();
        }

        @Override
        public List<String> differences() {
            return base.differences();
        }

        @Override
        public List<Setting> settings() {
            return base.settings();
        }

        @Override
        public MultiViewLoss loss(Settings settings) {
            return new Overflowing();
        }

        @Override
        public Map<String, Object> recipe() {
            return base.recipe();
        }

        @Override
        public String origin() {
            return base.origin();
        }
    }

    private static TrainConfig config(String data, double clip) {
        TrainConfig config = SmallRuns.config(
                "simclr clip=" + clip,
                data,
                "batch=16",
                "network.width=4",
                "network.blocks=[1]",
                "augmentation.size=12",
                "record.probe=16",
                "record.checkpoint_steps=1",
                "projector.hidden=[8]",
                "projector.out=4");
        return TrainConfig.of(config.settings(), new OverflowingSystem(new SimClrSystem()));
    }

    /** A limit of the gradients' norm does not hide a gradient that is no number. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1})
    void aBadGradientStopsTheRunBeforeItsStep(double clip, @TempDir Path temporary) throws IOException {
        TrainConfig config = config(SmallRuns.noise(temporary, 64, 12), clip);
        DatasetSpec spec = DatasetSpec.parse(config.data(), null);
        try (RunFolder folder = RunFolder.createAt(temporary.resolve("run"));
                ImageDataset images = spec.pretrain();
                Pretrainer pretrainer = Pretrainer.of(config, folder, spec, images, Device.cpu(), TrainListener.NONE);
                Interruption nobody = new Interruption()) {
            AtomicFile.writeString(folder.config(), config.toYaml());
            assertThatThrownBy(() -> pretrainer.train(nobody))
                    .isInstanceOf(GramianException.class)
                    .hasMessageMatching(
                            "the loss of step 3 is [0-9.]+ but its gradient is no number; the first tensor that went"
                                    + " bad is the gradient of projector\\..*; the last good checkpoint is kept in .*; try"
                                    + " a lower learning rate, such as --set optimizer.learning_rate=.*");
            assertThat(Checkpoint.describe(folder.checkpoint()).step()).isEqualTo(BAD_STEP - 1);
            for (JsonNode line : Metrics.read(folder.metrics())) {
                if (line.path("type").asText().equals("step")) {
                    double norm = line.path("gradient_norm").asDouble(Double.NaN);
                    assertThat(norm > 0).isEqualTo(clip > 0);
                }
            }
            pretrainer.network().weights().forEach((name, weights) -> assertThat(GraphCheck.isFinite(weights))
                    .as(name)
                    .isTrue());
        }
    }
}
