package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Generator;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.config.ConfigException;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.ssl.BatchStatistics;
import io.gramian.models.ssl.LeJepaSystem;
import io.gramian.models.ssl.SslNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two large views and any number of small ones. */
class MultiCropTest {
    private static final int SIDE = 12;
    private static final int IMAGES = 48;

    private final Device device = Device.cpu();

    private static TrainConfig config(String text, String data) {
        return SmallRuns.config(
                text,
                data,
                "epochs=4",
                "batch=16",
                "network.width=4",
                "network.blocks=[1,1]",
                "augmentation.size=12",
                "record.probe=16",
                "projector.hidden=[8]",
                "projector.out=4",
                "optimizer.name=sgd",
                "optimizer.learning_rate=0.02",
                "optimizer.scale_with_batch=false");
    }

    @Test
    void smallViewsShowLessAndAreSmaller(@TempDir Path folder) throws IOException {
        TrainConfig config = config(
                "lejepa augmentation.local_views=3 augmentation.local_size=8", SmallRuns.noise(folder, IMAGES, SIDE));
        List<Augmentation> views = Loading.views(config, DatasetSpec.parse(config.data(), null));
        assertThat(views).extracting(Augmentation::size).containsExactly(12, 12, 8, 8, 8);
        assertThat(views.get(0).crop().scaleMax()).isEqualTo(1);
        for (Augmentation small : views.subList(2, 5)) {
            assertThat(small.crop().scaleMin()).isEqualTo(0.05);
            assertThat(small.crop().scaleMax()).isEqualTo(0.3);
            assertThat(small.mean()).isEqualTo(views.get(0).mean());
        }
        // byol's augmentation has two different views: small ones begin with the first again
        assertThat(views.get(2).blur()).isEqualTo(views.get(0).blur());
        assertThat(views.get(3).solarize()).isEqualTo(views.get(1).solarize());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "wmse loss.w_size=8 augmentation.local_views=2",
                "lejepa loss.directions=16 augmentation.local_views=3",
                "lejepa network.architecture=vit-tiny network.depth=1 loss.directions=16 augmentation.local_views=2"
                        + " augmentation.local_size=8",
                "simclr augmentation.local_views=2 loss.positives=inside",
                "simclr augmentation.local_views=2 accumulate=2 augmentation.local_size=5"
            })
    void trains(String text, @TempDir Path folder) throws IOException {
        TrainConfig config = config(text, SmallRuns.noise(folder, IMAGES, SIDE));
        List<Double> losses = new ArrayList<>();
        DatasetSpec spec = DatasetSpec.parse(config.data(), null);
        TrainListener listener = new TrainListener() {
            @Override
            public void step(Progress progress) {
                losses.add(progress.loss());
            }
        };
        try (RunFolder run = RunFolder.createAt(folder.resolve("run"));
                ImageDataset images = spec.pretrain();
                Interruption nobody = new Interruption();
                Pretrainer pretrainer = Pretrainer.of(config, run, spec, images, device, listener)) {
            AtomicFile.writeString(run.config(), config.toYaml());
            pretrainer.train(nobody);
        }
        assertThat(losses).hasSize(12).allMatch(Double::isFinite);
    }

    /** Views of several sizes give each image's embedding, whichever views share a batch: without batch norm the same. */
    @ParameterizedTest
    @EnumSource
    void viewsOfSeveralSizesKeepTheirOrder(BatchStatistics statistics) {
        TrainConfig config = config("simclr projector.norm=false", "idx:none,none");
        try (Scope scope = Scope.open();
                SslNetwork network = SslNetwork.of(device, config.settings(), 1, 12)) {
            network.training(false);
            List<Tensor> views = new ArrayList<>();
            for (int side : new int[] {12, 12, 6, 6, 6, 9}) {
                float[] values = new float[5 * side * side];
                Generator generator = Generator.of(views.size());
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) generator.normal(i);
                }
                views.add(Tensor.empty(device, 5, side, side, 1).copyFrom(values));
            }
            List<Variable> embeddings = Autograd.noGrad(() -> statistics.embeddings(network, views));
            assertThat(embeddings).hasSize(views.size());
            for (int v = 0; v < views.size(); v++) {
                Variable view = Variable.constant(views.get(v));
                float[] alone =
                        Autograd.noGrad(() -> network.forward(view).value()).toFloats();
                assertThat(embeddings.get(v).value().toFloats()).containsExactly(alone, within(1e-5f));
            }
        }
    }

    @Test
    void smallViewsMakeNoCentre() {
        TrainConfig config = config("lejepa augmentation.local_views=4 loss.lambda=0", "idx:none,none");
        try (Scope scope = Scope.open()) {
            Tensor large = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 4);
            Tensor small = Tensor.zeros(device, 2, 4);
            List<Tensor> views = List.of(large, large, small, small, small, small);
            // the centre is the large views': they are at it, four of six views are away by the mean square 204 / 8
            assertThat(new LeJepaSystem().loss(config.settings()).value(views))
                    .isCloseTo(4 / 6.0 * 204 / 8, within(1e-5));
        }
    }

    @Test
    void whatDoesNotFitIsOneSentence() {
        assertThatThrownBy(() -> config("byol augmentation.local_views=4", "idx:none,none"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("augmentation.local_views must be 0 for method byol, which compares two views, got 4;"
                        + " methods of any number of views are simclr, wmse, lejepa");
        DatasetSpec none = DatasetSpec.parse("idx:none,none", null);
        assertThatThrownBy(() -> Loading.views(
                        config("simclr augmentation.local_views=1 augmentation.local_size=13", "idx:none,none"), none))
                .isInstanceOf(ConfigException.class)
                .hasMessage("augmentation.local_size must be at most the 12 pixels of the other views, got 13");
        String vit = "simclr network.architecture=vit-tiny augmentation.local_views=1";
        assertThatThrownBy(() -> Loading.views(config(vit, "idx:none,none"), none))
                .isInstanceOf(ConfigException.class)
                .hasMessage("augmentation.local_size must be a multiple of the patches' 4 pixels, got 6;"
                        + " for example --set augmentation.local_size=4");
        for (String size : List.of("8", "12")) {
            assertThat(Loading.views(config(vit + " augmentation.local_size=" + size, "idx:none,none"), none))
                    .hasSize(3);
        }
        assertThatThrownBy(() -> Loading.views(config(vit.replace("vit-tiny", "mlp"), "idx:none,none"), none))
                .isInstanceOf(ConfigException.class)
                .hasMessage("augmentation.local_size must be the 12 pixels of the other views for mlp, which is made"
                        + " for one size, got 6; other networks take both");
        assertThatThrownBy(() -> Loading.views(
                        config("simclr augmentation.local_views=1 augmentation.local_crop_min=0.5", "idx:none,none"),
                        none))
                .hasMessage("augmentation.local_crop_min must be at most local_crop_max, above 0, got 0.5 and 0.3");
    }
}
