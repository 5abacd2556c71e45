package io.gramian.models.train;

import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Spelling;
import io.gramian.models.ssl.Published;
import io.gramian.models.ssl.SslSystem;
import io.gramian.models.ssl.Systems;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Named sets of settings. */
public final class TrainRecipes {
    /** What {@code gramian pretrain} runs when nothing else is asked for. */
    public static final String DEFAULT = "fashion-mnist";

    /** Momentum of the averaged network in an epoch of a thousand steps: it follows some 30 steps behind. */
    private static final double SHORT_MEMORY = 0.97;

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
        for (SslSystem system : Systems.all()) {
            fashionMnist(system);
        }
        for (SslSystem system : Systems.all()) {
            add(system, "cifar10", "cifar10", system.origin(), cifar10(system.name()));
        }
        for (SslSystem system : Systems.all()) {
            for (Published published : system.published()) {
                add(system, published.set(), published.data(), published.source(), published.settings());
            }
        }
        VitRecipes.all().forEach(recipe -> ALL.put(recipe.name(), recipe));
    }

    private TrainRecipes() {}

    private static Map<String, Object> wide() {
        return Map.of("hidden", List.of(512L, 512L), "out", 512L);
    }

    /** A few minutes on two cores: a small network at half resolution, a short schedule, mild crops. */
    private static void fashionMnist(SslSystem system) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("method", system.name());
        settings.put("data", "fashion-mnist");
        settings.put("epochs", 3L);
        settings.put("batch", 256L);
        settings.put("network", network());
        settings.put("projector.hidden", List.of(256L));
        settings.put("augmentation", Map.of("recipe", "fashion-mnist", "crop_min", -1.0));
        settings.put("optimizer", sgd());
        settings.put("schedule", Map.of("name", "cosine", "warmup_epochs", 0.5, "warmup_steps", 0L));
        settings.put("record.spectrum_steps", 50L);
        settings.put("evaluation.grid", 2L);
        settings.putAll(small(system.name()));
        String name = system.name().equals("simclr") ? DEFAULT : DEFAULT + "-" + system.name();
        ALL.put(name, new Recipe(name, "ours: sized for a few minutes on two cores", settings));
    }

    /** The same for all methods, so that all begin with the same untrained network. */
    private static Map<String, Object> network() {
        return Map.of("width", 32L, "blocks", List.of(1L, 1L, 1L), "stem", "compact", "zero_init", false);
    }

    /** What a method needs of its own for the small network and the short schedule. */
    private static Map<String, Object> small(String method) {
        return switch (method) {
            case "simclr" -> Map.of("loss.temperature", 0.2);
            case "barlow-twins" -> Map.of("loss.scale", 0.1, "projector", wide());
            case "vicreg", "vicreg-exp", "vicreg-ctr" -> Map.of("projector", wide());
            case "wmse" -> Map.of("loss.w_size", 128L, "projector.out", 64L);
            case "directclr" -> manySteps(Map.of("loss.width", 32L, "projector.hidden", List.of()));
            case "simsiam" -> simSiam();
            case "byol", "moco-v3" ->
                manySteps(Map.of(
                        "predictor.hidden", List.of(256L), "projector.out", 128L, "momentum.start", SHORT_MEMORY));
            case "moco-v1" -> moco(List.of());
            case "moco-v2", "moco-v2-plus" -> moco(List.of(256L));
            case "densecl" -> dense();
            default -> Map.of();
        };
    }

    /**
     * For methods that learn little in a few hundred large steps: without negatives, without a projector, or from a moving
     * average, which is still near the untrained network by then.
     */
    private static Map<String, Object> manySteps(Map<String, Object> own) {
        Map<String, Object> settings = new LinkedHashMap<>(own);
        settings.put("batch", 64L);
        settings.put("optimizer.learning_rate", 0.24);
        settings.put("schedule.warmup_epochs", 0.1);
        return settings;
    }

    private static Map<String, Object> simSiam() {
        Map<String, Object> settings = manySteps(Map.of("projector", wide(), "predictor.hidden", List.of(128L)));
        settings.put("optimizer.learning_rate", 0.6);
        return settings;
    }

    private static Map<String, Object> moco(List<Long> hidden) {
        Map<String, Object> settings = manySteps(Map.of("projector.hidden", hidden));
        settings.put("loss.temperature", 0.1);
        settings.put("queue.length", 2048L);
        settings.put("momentum", Map.of("start", SHORT_MEMORY, "end", SHORT_MEMORY));
        settings.put("shuffle.groups", 4L);
        return settings;
    }

    private static Map<String, Object> dense() {
        Map<String, Object> settings = new LinkedHashMap<>(moco(List.of(256L)));
        settings.put("dense.hidden", List.of(256L));
        return settings;
    }

    /** What a method's authors do on CIFAR-10 only. */
    private static Map<String, Object> cifar10(String method) {
        return switch (method) {
            case "simclr" -> Map.of("batch", 512L);
            case "vicreg" -> Map.of("loss.halved_variance", false);
            default -> Map.of();
        };
    }

    private static Map<String, Object> sgd() {
        return Map.of(
                "name", "sgd",
                "learning_rate", 0.06,
                "momentum", 0.9,
                "weight_decay", 5e-4,
                "scale_with_batch", true);
    }

    private static void add(SslSystem system, String name, String data, String origin, Map<String, Object> own) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("method", system.name());
        settings.put("data", data);
        settings.putAll(epochs(system));
        settings.putAll(own);
        String full = system.name() + "-" + name;
        ALL.put(full, new Recipe(full, origin, settings));
    }

    /** As long as most CIFAR experiments, unless the system says otherwise. */
    private static Map<String, Object> epochs(SslSystem system) {
        return system.recipe().containsKey("epochs") ? Map.of() : Map.of("epochs", 1000L);
    }

    /** All recipes. */
    public static List<Recipe> all() {
        return List.copyOf(ALL.values());
    }

    /**
     * The recipe of this name.
     *
     * @throws ConfigException if there is none, with the nearest name
     */
    public static Recipe named(String name) {
        Recipe recipe = ALL.get(name);
        if (recipe == null) {
            String near = Spelling.nearest(name, ALL.keySet());
            String hint = near == null ? "" : "did you mean " + near + "? ";
            throw new ConfigException("there is no recipe '" + name + "'; " + hint + "gramian recipes lists all");
        }
        return recipe;
    }

    /**
     * The recipe for a few minutes on two cores, whatever the images: what a sweep trains every method with.
     *
     * @throws ConfigException if there is no such method, with the names
     */
    public static Recipe quick(String method) {
        String name = Systems.named(method).name();
        return named(name.equals("simclr") ? DEFAULT : DEFAULT + "-" + name);
    }

    /** The recipe for a method on a data set, if there is one: the first, where there are several. */
    static @org.jspecify.annotations.Nullable Recipe fitting(String method, String data) {
        for (Recipe recipe : ALL.values()) {
            if (data.equals(recipe.settings().get("data"))
                    && method.equals(recipe.settings().get("method"))) {
                return recipe;
            }
        }
        return null;
    }
}
