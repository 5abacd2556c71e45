package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.models.config.ConfigException;
import io.gramian.models.ssl.BackboneSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigResolverTest {
    @Test
    void laterLayersWin(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("mine.yaml"), "epochs: 3\noptimizer: {momentum: 0.5}\n");
        TrainConfig config = new ConfigResolver()
                .recipe("barlow-twins-cifar10")
                .file(file)
                .option("--epochs", "epochs", 4)
                .assignment("lambda=0.25")
                .resolve();
        assertThat(config.system().name()).isEqualTo("barlow-twins");
        assertThat(config.data()).isEqualTo("cifar10");
        assertThat(config.epochs()).isEqualTo(4);
        assertThat(config.optimizer().momentum()).isEqualTo(0.5);
        assertThat(config.settings().number("loss.lambda")).isEqualTo(0.25);
        assertThat(config.settings().text("batch_statistics")).isEqualTo("separate");
    }

    @Test
    void everyRecipeResolvesAndComesBackFromItsYaml(@TempDir Path folder) throws IOException {
        for (TrainRecipes.Recipe recipe : TrainRecipes.all()) {
            TrainConfig config = new ConfigResolver().recipe(recipe.name()).resolve();
            Path file = Files.writeString(folder.resolve(recipe.name() + ".yaml"), config.toYaml());
            TrainConfig read = new ConfigResolver().file(file).resolve();
            assertThat(read.settings().values())
                    .as(recipe.name())
                    .isEqualTo(config.settings().values());
            assertThat(read.digest()).isEqualTo(config.digest());
        }
    }

    @Test
    void withoutAnythingItIsTheRecipeForFashionMnist() {
        TrainConfig config = new ConfigResolver().resolve();
        assertThat(config.data()).isEqualTo("fashion-mnist");
        assertThat(config.digest())
                .isEqualTo(new ConfigResolver()
                        .recipe(TrainRecipes.DEFAULT)
                        .resolve()
                        .digest());
        TrainConfig other =
                new ConfigResolver().option("--method", "method", "vicreg").resolve();
        assertThat(other.system().name()).isEqualTo("vicreg");
        assertThat(other.settings().integers("network.blocks"))
                .isEqualTo(config.settings().integers("network.blocks"));
    }

    @Test
    void wrongSettingsAreOneSentence() {
        assertThatThrownBy(() -> new ConfigResolver().recipe("simclr-cifar").resolve())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("did you mean simclr-cifar10?");
        assertThatThrownBy(() -> new ConfigResolver()
                        .option("--method", "method", "simlcr")
                        .resolve())
                .hasMessageContaining("did you mean simclr?");
        assertThatThrownBy(
                        () -> new ConfigResolver().option("--batch", "batch", 1).resolve())
                .hasMessageContaining("batch must be 2 or more");
        assertThatThrownBy(() -> new ConfigResolver()
                        .recipe("wmse-cifar10")
                        .assignment("w_size=100")
                        .resolve())
                .hasMessageContaining("w_size must divide the batch of 512");
        assertThatThrownBy(() -> new ConfigResolver()
                        .recipe("wmse-cifar10")
                        .assignment("w_size=32")
                        .resolve())
                .hasMessageContaining("above the embedding dimension");
        assertThatThrownBy(() -> new ConfigResolver()
                        .recipe("simclr-cifar10")
                        .option("--method", "method", "wmse")
                        .resolve())
                .hasMessageContaining("recipe simclr-cifar10 is for method simclr");
    }

    @Test
    void optionsThatDoNotFitTogetherAreOneSentence() {
        assertRefused("moco-v2", "queue.length=60", "queue.length must be at least the 64 keys of a batch, got 60");
        assertRefused(
                "moco-v2",
                "loss.directions=sum",
                "queue.length must be at least the 512 keys of a batch, got 300; for example --set queue.length=8192",
                "queue.length=300",
                "batch=256");
        assertRefused("densecl", "queue.length=60", "queue.length must be at least the 64 keys of a batch, got 60");
        assertRefused(
                "moco-v1",
                "shuffle.groups=3",
                "shuffle.groups must divide the batch of 64 images into groups of 2 or more, got 3;"
                        + " for example --set shuffle.groups=1");
        assertRefused("densecl", "shuffle.groups=64", "into groups of 2 or more, got 64");
        assertRefused(
                "directclr",
                "loss.width=129",
                "loss.width must be at most the 128 features of the network, got 129; for example --set loss.width=21");
        assertRefused(
                "moco-v2",
                "batch_statistics=together",
                "batch_statistics must be separate for a momentum encoder with a queue, got together;"
                        + " shuffle.groups says how images share batch statistics");
        assertRefused("byol", "views=3", "views must be 2 for method byol, got 3; leave it out");
        assertRefused("byol", "momentum.strat=0.9", "did you mean momentum.start?");
        assertRefused("mocov2", "epochs=1", "did you mean moco-v2?");
        assertRefused("simsiam", "queue.length=8", "there is no setting queue.length");
    }

    @Test
    void backbonesThatDoNotFitTheImagesAreOneSentence() {
        assertRefused(
                28,
                "network.architecture=vit-tiny network.patch=16",
                "network.patch must divide the side of the views, 28 pixels, got 16; for example --set network.patch=14");
        assertRefused(
                28,
                "network.architecture=vit-small network.heads=5",
                "network.heads must divide the 384 features of vit-small, got 5; for example --set network.heads=4");
        assertRefused(
                28,
                "network.architecture=vit-tiny evaluation.grid=8",
                "evaluation.grid must be at most the 7 cells of a side of vit-tiny's maps, got 8; for example --set"
                        + " evaluation.grid=1");
        assertRefused(
                28,
                "network.architecture=mlp evaluation.grid=2",
                "evaluation.grid must be at most the 1 cells of a side of mlp's maps, got 2");
        assertRefused(
                28,
                "network.architecture=mlp evaluation.grid=1 network.layers=[]",
                "network.layers must have at least one width, got none");
        assertRefused(
                "simclr", "network.architecture=vit-huge", "network.architecture must be one of resnet, resnet18");
    }

    /** The recipe of the authors' transformers, as moco-v3's CONFIG.md has it. */
    @Test
    void transformersOfMocoV3TrainAsTheirAuthorsDo() {
        TrainConfig config = new ConfigResolver().recipe("moco-v3-vit").resolve();
        assertThat(config.optimizer().name()).isEqualTo("adamw");
        assertThat(config.optimizer().learningRate()).isEqualTo(1.5e-4 * 4096 / 256);
        assertThat(config.optimizer().weightDecay()).isEqualTo(0.1);
        assertThat(config.schedule().warmupEpochs()).isEqualTo(40);
        assertThat(config.settings().flag("network.frozen_patches")).isTrue();
        assertThat(config.settings().integer("network.heads")).isEqualTo(12);
        assertThat(config.settings().integers("projector.hidden")).containsExactly(4096, 4096);
        assertThat(config.settings().number("loss.temperature")).isEqualTo(0.2);
        assertThat(new ConfigResolver()
                        .option("--method", "method", "moco-v3")
                        .resolve()
                        .settings()
                        .text("network.architecture"))
                .isEqualTo("resnet");
    }

    private static void assertRefused(int size, String settings, String message) {
        ConfigResolver resolver = new ConfigResolver();
        for (String each : settings.split(" ")) {
            resolver.assignment(each);
        }
        assertThatThrownBy(() -> BackboneSettings.check(resolver.resolve().settings(), size))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    /** The rate of a recipe is for its optimiser: 0.3 is MoCo v3's with LARS. */
    @Test
    void anotherOptimiserNeedsARateOfItsOwn(@TempDir Path folder) throws IOException {
        assertRefused(
                "moco-v3",
                "optimizer.name=adamw",
                "optimizer.name=adamw needs a learning rate of its own: the 0.3 of the recipe is for lars;"
                        + " add --set optimizer.learning_rate=NUMBER",
                "data=cifar10");
        Path file = Files.writeString(folder.resolve("mine.yaml"), "optimizer: {name: lamb, momentum: 0.5}\n");
        assertThatThrownBy(() -> new ConfigResolver().file(file).resolve())
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("optimizer.name=lamb needs a learning rate of its own: the 0.06 of the recipe");
        for (String rate : List.of("learning_rate=0.06", "optimizer.learning_rate=0.002")) {
            TrainConfig config =
                    new ConfigResolver().file(file).assignment(rate).resolve();
            assertThat(config.optimizer().name()).isEqualTo("lamb");
        }
        assertThat(new ConfigResolver()
                        .assignment("optimizer.name=sgd")
                        .resolve()
                        .optimizer()
                        .name())
                .as("the recipe's own")
                .isEqualTo("sgd");
    }

    @Test
    void optimisersThatContradictThemselvesAreOneSentence() {
        assertRefused(
                "simclr",
                "optimizer.lars_form=classic",
                "optimizer.clip goes with optimizer.lars_form=raw-norm, got classic; leave one of the two out",
                "optimizer.learning_rate=0.3",
                "optimizer.name=lars",
                "optimizer.clip=true");
        assertRefused(
                "byol",
                "optimizer.rates=predictor=10",
                "optimizer.rates must be names with factors from 0 to 1000000, as in predictor:10,backbone:0.1,"
                        + " got 'predictor=10'");
        assertRefused("byol", "optimizer.rates=predictor:-1", "got 'predictor:-1'");
        assertRefused("byol", "optimizer.rates=predictor:ten", "got 'predictor:ten'");
        assertRefused("simclr", "optimizer.name=lmab", "did you mean lamb?");
        assertRefused("simclr", "clip=-1", "clip must be a number of 0 or more, got '-1'");
        TrainConfig config = TinySystems.config("byol optimizer.rates=head:2");
        assertThatThrownBy(() -> TinySystems.start(Device.cpu(), config).close())
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "optimizer.rates: no parameter begins with head; the parts are backbone, projector, predictor");
    }

    @Test
    void largeProbesOfSmallBatchesComeLessOften() {
        ConfigResolver resolver = new ConfigResolver().assignment("record.spectrum_steps=-1");
        assertThat(resolver.resolve().record().spectrumSteps()).isEqualTo(50);
        // 64 x 2 views are 384 forward passes' worth, the probe 512: every 134 steps a hundredth
        assertThat(resolver.assignment("batch=64").resolve().record().spectrumSteps())
                .isEqualTo(134);
        assertThat(resolver.assignment("record.spectrum_steps=7")
                        .resolve()
                        .record()
                        .spectrumSteps())
                .isEqualTo(7);
    }

    private static void assertRefused(String method, String setting, String message, String... more) {
        ConfigResolver resolver = new ConfigResolver().option("--method", "method", method);
        for (String each : more) {
            resolver.assignment(each);
        }
        assertThatThrownBy(() -> resolver.assignment(setting).resolve())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }
}
