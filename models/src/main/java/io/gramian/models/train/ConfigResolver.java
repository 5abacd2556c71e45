package io.gramian.models.train;

import io.gramian.models.config.ConfigException;
import io.gramian.models.config.ConfigFile;
import io.gramian.models.config.Settings;
import io.gramian.models.ssl.SslSystem;
import io.gramian.models.ssl.Systems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Layers of settings, later ones over earlier ones: defaults, the method's recipe, a named recipe, a file, the command line.
 * Without a named recipe, the one for the method and data set is taken, if there is one.
 */
public final class ConfigResolver {
    private record Layer(String origin, Map<String, ?> values) {}

    private @Nullable String recipe;
    private final List<Layer> layers = new ArrayList<>();

    /** Nothing but the defaults so far. */
    public ConfigResolver() {}

    /** Takes a named recipe. */
    public ConfigResolver recipe(String name) {
        recipe = TrainRecipes.named(name).name();
        return this;
    }

    /** Adds the settings of a YAML file. */
    public ConfigResolver file(Path path) {
        layers.add(new Layer(path.toString(), ConfigFile.read(path)));
        return this;
    }

    /** Adds a {@code key=value} of the command line. */
    public ConfigResolver assignment(String text) {
        layers.add(new Layer("--set " + text, ConfigFile.assignment(text)));
        return this;
    }

    /** Adds the value of an option of the command line. */
    public ConfigResolver option(String option, String key, Object value) {
        layers.add(new Layer(option, Map.of(key, value)));
        return this;
    }

    /**
     * All layers applied.
     *
     * @throws ConfigException for the first setting that is unknown or not allowed, or another optimiser than the recipe's
     *     without a learning rate
     */
    public TrainConfig resolve() {
        String method = last("method");
        TrainRecipes.Recipe base = base(method);
        if (method.isEmpty()) {
            method = base == null ? "simclr" : String.valueOf(base.settings().get("method"));
        }
        SslSystem system = Systems.named(method);
        Settings settings = Settings.of(ConfigSchema.of(system))
                .with(Map.of("method", system.name()), "method")
                .with(system.recipe(), "method " + system.name());
        if (base != null) {
            settings = settings.with(base.settings(), "recipe " + base.name());
        }
        Settings authors = settings;
        Set<String> given = new HashSet<>();
        for (Layer layer : layers) {
            Map<String, Object> values = new LinkedHashMap<>(layer.values());
            values.computeIfPresent("method", (key, value) -> system.name());
            settings = settings.with(values, layer.origin());
            given.addAll(settings.keys(values, layer.origin()));
        }
        OptimizerSettings.checkRate(authors, settings, given);
        return TrainConfig.of(settings);
    }

    private TrainRecipes.@Nullable Recipe base(String method) {
        if (recipe == null) {
            String data = last("data");
            return TrainRecipes.fitting(method.isEmpty() ? "simclr" : method, data.isEmpty() ? "fashion-mnist" : data);
        }
        TrainRecipes.Recipe named = TrainRecipes.named(recipe);
        Object its = named.settings().get("method");
        if (!method.isEmpty() && !Systems.named(method).name().equals(its)) {
            throw new ConfigException("recipe " + named.name() + " is for method " + its + ", but " + method
                    + " was asked for; leave one of the two out");
        }
        return named;
    }

    private String last(String key) {
        String found = "";
        for (Layer layer : layers) {
            Object value = layer.values().get(key);
            if (value != null) {
                found = value.toString();
            }
        }
        return found;
    }
}
