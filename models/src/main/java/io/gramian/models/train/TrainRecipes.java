package io.gramian.models.train;

import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Spelling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Named sets of settings. */
public final class TrainRecipes {
    /** What {@code gramian pretrain} runs when nothing else is asked for. */
    public static final String DEFAULT = "fashion-mnist";

    /**
     * A recipe.
     *
     * @param name on the command line
     * @param origin where its numbers come from
     * @param settings values by key
     */
    public record Recipe(String name, String origin, Map<String, Object> settings) {}

    private static final Map<String, Recipe> ALL = new LinkedHashMap<>();

    static {
        fashionMnist("fashion-mnist", "simclr", Map.of("loss.temperature", 0.2));
        fashionMnist("fashion-mnist-barlow-twins", "barlow-twins", Map.of("loss.scale", 0.1, "projector", wide()));
        fashionMnist("fashion-mnist-vicreg", "vicreg", Map.of("projector", wide()));
        fashionMnist("fashion-mnist-wmse", "wmse", Map.of("loss.w_size", 128L, "projector.out", 64L));
        cifar10("simclr", "Chen et al. 2020, appendix B.9", Map.of("batch", 512L, "optimizer.learning_rate", 1.0));
        cifar10("barlow-twins", "solo-learn's CIFAR-10 settings", Map.of("batch", 256L));
        cifar10("vicreg", "solo-learn's CIFAR-10 settings", Map.of("batch", 256L, "loss.halved_variance", false));
        cifar10("wmse", "Ermolov et al. 2021, section 4.1", Map.of("batch", 512L));
    }

    private TrainRecipes() {}

    private static Map<String, Object> wide() {
        return Map.of("hidden", List.of(512L, 512L), "out", 512L);
    }

    /** A few minutes on two cores: a small network at half resolution, a short schedule, mild crops. */
    private static void fashionMnist(String name, String method, Map<String, Object> own) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("method", method);
        settings.put("data", "fashion-mnist");
        settings.put("epochs", 3L);
        settings.put("batch", 256L);
        settings.put("network", Map.of("width", 32L, "blocks", List.of(1L, 1L, 1L), "stem", "compact"));
        settings.put("projector.hidden", List.of(256L));
        settings.put("augmentation.recipe", "fashion-mnist");
        settings.put("optimizer", sgd());
        settings.put("schedule", Map.of("name", "cosine", "warmup_epochs", 0.5, "warmup_steps", 0L));
        settings.put("record.spectrum_steps", 50L);
        settings.put("evaluation.grid", 2L);
        settings.putAll(own);
        ALL.put(name, new Recipe(name, "ours: sized for a few minutes on two cores", settings));
    }

    private static Map<String, Object> sgd() {
        return Map.of(
                "name", "sgd",
                "learning_rate", 0.06,
                "momentum", 0.9,
                "weight_decay", 5e-4,
                "scale_with_batch", true);
    }

    private static void cifar10(String method, String origin, Map<String, Object> own) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("method", method);
        settings.put("data", "cifar10");
        settings.put("epochs", 1000L);
        settings.putAll(own);
        String name = method + "-cifar10";
        ALL.put(name, new Recipe(name, origin, settings));
    }

    /** All recipes. */
    public static List<Recipe> all() {
        return List.copyOf(ALL.values());
    }

    /**
     * The recipe of this name.
     *
     * @throws ConfigException if there is none, with the names
     */
    public static Recipe named(String name) {
        Recipe recipe = ALL.get(name);
        if (recipe == null) {
            String near = Spelling.nearest(name, ALL.keySet());
            throw new ConfigException("recipe must be one of " + String.join(", ", ALL.keySet()) + ", got '" + name
                    + "'" + (near == null ? "" : "; did you mean " + near + "?"));
        }
        return recipe;
    }

    /** The recipe for a method on a data set, if there is one; an empty method means the default. */
    static @org.jspecify.annotations.Nullable Recipe fitting(String method, String data) {
        for (Recipe recipe : ALL.values()) {
            if (data.equals(recipe.settings().get("data"))
                    && (method.isEmpty() || method.equals(recipe.settings().get("method")))) {
                return recipe;
            }
        }
        return null;
    }
}
