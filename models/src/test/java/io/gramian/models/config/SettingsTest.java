package io.gramian.models.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private final Settings settings = Settings.of(List.of(
            Setting.integer("epochs", 10, 1, 1000, "passes"),
            Setting.number("loss.lambda", 0.005, 0, 1, "weight"),
            Setting.choice("optimizer.name", "sgd", List.of("sgd", "adam"), "optimiser"),
            Setting.integers("network.blocks", List.of(2L), 1, 9, "blocks"),
            Setting.flag("optimizer.clip", false, "clip")));

    @Test
    void takesShortKeysSectionsAndTexts() {
        Settings changed = settings.with(
                Map.of("lambda", "0.25", "optimizer", Map.of("clip", true, "name", "adam"), "blocks", "[1, 3]"),
                "test");
        assertThat(changed.number("loss.lambda")).isEqualTo(0.25);
        assertThat(changed.flag("optimizer.clip")).isTrue();
        assertThat(changed.text("optimizer.name")).isEqualTo("adam");
        assertThat(changed.integers("network.blocks")).containsExactly(1, 3);
        assertThat(settings.number("loss.lambda")).isEqualTo(0.005);
    }

    @Test
    void namesTheKeyAndWhatIsAllowed() {
        assertThatThrownBy(() -> settings.with(Map.of("epochs", "many"), "file.yaml"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("file.yaml: epochs must be an integer from 1 to 1000, got 'many'");
        assertThatThrownBy(() -> settings.with(Map.of("epochs", 1.5), "file.yaml"))
                .hasMessageContaining("epochs must be an integer");
        assertThatThrownBy(() -> settings.with(Map.of("lambda", "NaN"), "x"))
                .hasMessage("x: loss.lambda must be a number from 0 to 1, got 'NaN'");
        assertThatThrownBy(() -> settings.with(Map.of("optimizer.name", "adma"), "x"))
                .hasMessage("x: optimizer.name must be one of sgd, adam, got 'adma'; did you mean adam?");
        assertThatThrownBy(() -> settings.with(Map.of("clip", "yes"), "x")).hasMessageContaining("true or false");
    }

    @Test
    void suggestsTheNearestKey() {
        assertThatThrownBy(() -> settings.with(Map.of("epoch", 3), "x"))
                .hasMessage("x: there is no setting epoch; did you mean epochs?");
        assertThatThrownBy(() -> settings.with(Map.of("lamdba", 3), "x"))
                .hasMessage("x: there is no setting lamdba; did you mean loss.lambda?");
        assertThatThrownBy(() -> settings.with(Map.of("colour", 3), "x"))
                .hasMessageContaining("there are epochs, loss.lambda");
    }

    @Test
    void yamlComesBackAsItWasWritten() {
        Settings changed = settings.with(Map.of("epochs", 7, "lambda", 1e-6), "x");
        Settings read = settings.with(ConfigFile.parse(ConfigFile.write(changed, "a test"), "y"), "y");
        assertThat(read.values()).isEqualTo(changed.values());
        assertThat(ConfigFile.digest(read.values())).isEqualTo(ConfigFile.digest(changed.values()));
        assertThat(ConfigFile.digest(read.values())).isNotEqualTo(ConfigFile.digest(settings.values()));
        assertThatThrownBy(() -> ConfigFile.parse("epochs: [1", "bad.yaml"))
                .hasMessageStartingWith("bad.yaml in line 1");
        assertThatThrownBy(() -> ConfigFile.parse("just words", "bad.yaml")).hasMessageContaining("expected settings");
    }

    @Test
    void editDistanceCountsSwapsAsOne() {
        assertThat(Spelling.distance("lamdba", "lambda")).isEqualTo(1);
        assertThat(Spelling.distance("", "abc")).isEqualTo(3);
        assertThat(Spelling.distance("kitten", "sitting")).isEqualTo(3);
        List<String> names = List.of("barlow-twins", "moco-v1", "moco-v2");
        assertThat(Spelling.nearest("MoCo", names)).isEqualTo("moco-v1");
        assertThat(Spelling.nearest("moco_v22", names)).isEqualTo("moco-v2");
        assertThat(Spelling.nearest("barlow", names)).isEqualTo("barlow-twins");
        assertThat(Spelling.nearest("mo", names)).isNull();
        assertThat(Spelling.nearest("vicreg", names)).isNull();
    }
}
