package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.models.config.ConfigException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParameterNamesTest {
    @ParameterizedTest
    @CsvSource({
        "backbone.layer1, backbone.layer1.0.conv1.weight, true",
        "backbone.layer1, backbone.layer10.0.conv1.weight, false",
        "backbone.bn1.bias, backbone.bn1.bias, true",
        "*.bn1, backbone.layer1.0.bn1.weight, true",
        "*.bn1, backbone.layer1.0.bn10.weight, false",
        "*.bias, backbone.bn1.bias, true",
        "backbone.*.conv1.weight, backbone.layer1.0.conv1.weight, true",
        "backbone.*.conv1.weight, backbone.conv1.weight, false",
        "conv1, backbone.conv1.weight, false",
        "layer.1, layer01, false",
    })
    void meansANameOrItsBeginning(String name, String parameter, boolean expected) {
        assertThat(ParameterNames.match(name, parameter)).isEqualTo(expected);
    }

    @Test
    void whatIsExcludedIsWhatTheSettingSays() {
        assertExcluded("auto optimizer.name=lars", "biases and norms with lars", List.of("bn.weight", "conv.bias"));
        assertExcluded("auto optimizer.name=sgd", "nothing with sgd", List.of());
        assertExcluded("none optimizer.name=lars", "nothing", List.of());
        assertExcluded("vectors optimizer.name=sgd", "biases and norms", List.of("bn.weight", "conv.bias"));
        assertExcluded("conv optimizer.name=sgd", "all of conv", List.of("conv.weight", "conv.bias"));
        assertExcluded("*.weight optimizer.name=lars", "weights alone", List.of("conv.weight", "bn.weight"));
        assertExcluded("auto,conv optimizer.name=lars", "both", List.of("conv.weight", "bn.weight", "conv.bias"));
    }

    private static void assertExcluded(String setting, String description, List<String> expected) {
        TrainConfig config = TinySystems.config("simclr optimizer.learning_rate=0.1 optimizer.exclude=" + setting);
        List<String> excluded = List.of("conv.weight", "bn.weight", "conv.bias").stream()
                .filter(name -> config.optimizer().excludes(name, !name.equals("conv.weight")))
                .toList();
        assertThat(excluded).as(description).containsExactlyElementsOf(expected);
    }

    @Test
    void namesThatMeanNothingAreOneSentence() {
        assertRefused(
                "byol optimizer.exclude=heads",
                "optimizer.exclude: no parameter begins with heads; the parts are backbone, projector, predictor");
        assertRefused(
                "byol optimizer.exclude=vector",
                "optimizer.exclude: no parameter begins with vector; the parts are backbone, projector, predictor;"
                        + " did you mean vectors?");
        assertRefused(
                "byol optimizer.exclude=vectors,projectr.layers",
                "optimizer.exclude: no parameter begins with projectr.layers; the parts are");
        assertRefused("byol optimizer.rates=*.bn7:2", "optimizer.rates: no parameter begins with *.bn7; the parts");
        assertRefused(
                "byol optimizer.exclude=none,projector",
                "optimizer.exclude must be none, or any of auto, vectors and beginnings of parameters' names with"
                        + " commas between them, as in vectors,backbone.conv1, got 'none,projector'");
        assertRefused("byol optimizer.exclude=vectors,,projector", "got 'vectors,,projector'");
    }

    private static void assertRefused(String text, String message) {
        assertThatThrownBy(() -> TinySystems.start(Device.cpu(), TinySystems.config(text))
                        .close())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }
}
