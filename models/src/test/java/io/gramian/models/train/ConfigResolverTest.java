package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.models.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        assertRefused("moco-v2", "queue.length=100", "queue.length must be at least the 256 keys of a batch, got 100");
        assertRefused(
                "moco-v2",
                "loss.directions=sum",
                "queue.length must be at least the 512 keys of a batch, got 300; for example --set queue.length=8192",
                "queue.length=300");
        assertRefused("densecl", "queue.length=100", "queue.length must be at least the 256 keys of a batch, got 100");
        assertRefused(
                "moco-v1",
                "shuffle.groups=3",
                "shuffle.groups must divide the batch of 256 images into groups of 2 or more, got 3;"
                        + " for example --set shuffle.groups=1");
        assertRefused("densecl", "shuffle.groups=256", "into groups of 2 or more, got 256");
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
