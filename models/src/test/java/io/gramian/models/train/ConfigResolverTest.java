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
}
