package io.gramian.models.train;

import io.gramian.autograd.Variable;
import io.gramian.autograd.optim.Adam;
import io.gramian.autograd.optim.AdamW;
import io.gramian.autograd.optim.Lamb;
import io.gramian.autograd.optim.Lars;
import io.gramian.autograd.optim.Optimizer;
import io.gramian.autograd.optim.Sgd;
import io.gramian.backend.Optimizers.LarsForm;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Settings of the optimiser, and the optimiser that they stand for. */
final class OptimizerSettings {
    private static final String KEY = "optimizer.";
    private static final String RATE = KEY + "learning_rate";
    private static final String RATES = KEY + "rates";
    private static final String EXCLUDE = KEY + "exclude";
    private static final String AUTO = "auto";
    private static final String NONE = "none";
    private static final String VECTORS = "vectors";

    private OptimizerSettings() {}

    static List<Setting> schema() {
        return List.of(
                Setting.choice(KEY + "name", "sgd", List.of("sgd", "adam", "adamw", "lars", "lamb"), "the optimiser"),
                Setting.number(RATE, 0.06, 0, 1e38, "peak learning rate"),
                Setting.flag(KEY + "scale_with_batch", true, "multiply the learning rate with batch / 256"),
                Setting.number(KEY + "momentum", 0.9, 0, 1, "momentum of sgd and lars"),
                Setting.number(KEY + "weight_decay", 5e-4, 0, 1e6, "weight decay; decoupled with adamw and lamb"),
                Setting.text(
                        EXCLUDE,
                        AUTO,
                        "what has no weight decay and trust ratio: vectors (biases and norms), none, auto (vectors with"
                                + " lars and lamb), beginnings of parameters' names, as in vectors,backbone.conv1 or"
                                + " *.bn1"),
                Setting.number(KEY + "bias_factor", 1, 0, 1e6, "factor of the rate for biases and norms"),
                Setting.text(
                        RATES,
                        "",
                        "factors of the rate by the beginning of a parameter's name, as in predictor:10,backbone:0.1"),
                Setting.number(KEY + "beta1", 0.9, 0, 1, "adam, adamw, lamb"),
                Setting.number(KEY + "beta2", 0.999, 0, 1, "adam, adamw, lamb"),
                Setting.number(KEY + "adam_eps", 1e-8, 0, 1, "adam, adamw, lamb (1e-6 in its paper)"),
                Setting.number(KEY + "trust", 0.001, 0, 1e6, "trust coefficient of lars"),
                Setting.choice(
                        KEY + "lars_form",
                        AUTO,
                        List.of(AUTO, "decayed-norm", "raw-norm", "classic"),
                        "lars of the authors' Barlow Twins and MoCo v3, of solo-learn and lightly, of google's SimCLR;"
                                + " auto: raw-norm if clip, otherwise decayed-norm"),
                Setting.flag(KEY + "clip", false, "lars: clipped form, never above the learning rate (LARC)"));
    }

    /**
     * The choice of a configuration.
     *
     * @throws ConfigException for settings that contradict each other
     */
    static TrainConfig.OptimizerChoice of(Settings s, int batch) {
        double scale = s.flag(KEY + "scale_with_batch") ? batch / 256.0 : 1;
        String name = s.text(KEY + "name");
        List<String> excluded = excluded(s.text(EXCLUDE), name.equals("lars") || name.equals("lamb"));
        return new TrainConfig.OptimizerChoice(
                name,
                s.number(RATE) * scale,
                s.number(KEY + "bias_factor"),
                s.number(KEY + "momentum"),
                s.number(KEY + "weight_decay"),
                s.number(KEY + "beta1"),
                s.number(KEY + "beta2"),
                s.number(KEY + "adam_eps"),
                s.number(KEY + "trust"),
                form(s),
                s.flag(KEY + "clip"),
                excluded.contains(VECTORS),
                excluded.stream().filter(each -> !each.equals(VECTORS)).toList(),
                rates(s.text(RATES)));
    }

    /** Names, and the word for vectors if they are meant. */
    private static List<String> excluded(String text, boolean layered) {
        List<String> entries =
                Arrays.stream(text.split(",", -1)).map(String::strip).toList();
        if (entries.contains("") || (entries.contains(NONE) && entries.size() > 1)) {
            throw new ConfigException(EXCLUDE + " must be none, or any of auto, vectors and beginnings of parameters'"
                    + " names with commas between them, as in vectors,backbone.conv1, got '" + text + "'");
        }
        return entries.stream()
                .filter(each -> !each.equals(NONE) && (layered || !each.equals(AUTO)))
                .map(each -> each.equals(AUTO) ? VECTORS : each)
                .distinct()
                .toList();
    }

    /**
     * Checks that whoever changes the optimiser of a recipe changes its learning rate too: LARS multiplies its own by norms
     * of weights over norms of gradients, so that 0.3 is small for it and ruin for Adam.
     *
     * @param recipe before the changes
     * @param changed after them
     * @param given keys that they named
     * @throws ConfigException naming both
     */
    static void checkRate(Settings recipe, Settings changed, Set<String> given) {
        String name = changed.text(KEY + "name");
        if (!name.equals(recipe.text(KEY + "name")) && !given.contains(RATE)) {
            throw new ConfigException("optimizer.name=" + name + " needs a learning rate of its own: the "
                    + changed.number(RATE) + " of the recipe is for " + recipe.text(KEY + "name")
                    + "; add --set " + RATE + "=NUMBER");
        }
    }

    private static LarsForm form(Settings s) {
        boolean clip = s.flag(KEY + "clip");
        String form = s.text(KEY + "lars_form");
        if (form.equals(AUTO)) {
            return clip ? LarsForm.RAW_NORM : LarsForm.DECAYED_NORM;
        }
        if (clip && !form.equals("raw-norm") && s.text(KEY + "name").equals("lars")) {
            throw new ConfigException("optimizer.clip goes with optimizer.lars_form=raw-norm, got " + form
                    + "; leave one of the two out");
        }
        return LarsForm.valueOf(form.replace('-', '_').toUpperCase(Locale.ROOT));
    }

    /** Factors by name, in the order in which they stand. */
    private static Map<String, Double> rates(String text) {
        Map<String, Double> rates = new LinkedHashMap<>();
        for (String entry : text.isBlank() ? new String[0] : text.split(",", -1)) {
            String[] pair = entry.strip().split("\\s*:\\s*", -1);
            double factor = pair.length == 2 ? number(pair[1]) : Double.NaN;
            if (!(factor >= 0 && factor <= 1e6) || pair[0].isEmpty()) {
                throw new ConfigException("optimizer.rates must be names with factors from 0 to 1000000, as in"
                        + " predictor:10,backbone:0.1, got '" + entry.strip() + "'");
            }
            rates.put(pair[0], factor);
        }
        return rates;
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException notOne) {
            return Double.NaN;
        }
    }

    /**
     * Checks that every name of {@code optimizer.rates} and {@code optimizer.exclude} means a parameter.
     *
     * @throws ConfigException naming the first that does not
     */
    static void checkNames(TrainConfig.OptimizerChoice choice, Set<String> parameters) {
        ParameterNames.check(RATES, List.of(), choice.rates().keySet(), parameters);
        ParameterNames.check(EXCLUDE, List.of(AUTO, NONE, VECTORS), choice.exclude(), parameters);
    }

    /** Whether a configuration names parameters. */
    static boolean hasNames(TrainConfig.OptimizerChoice choice) {
        return !choice.rates().isEmpty() || !choice.exclude().isEmpty();
    }

    /** The optimiser of these parameters. */
    static Optimizer make(TrainConfig.OptimizerChoice o, Map<String, Variable> parameters) {
        Adam.Settings adam = new Adam.Settings(o.beta1(), o.beta2(), o.eps(), o.weightDecay());
        Optimizer optimizer =
                switch (o.name()) {
                    case "sgd" -> new Sgd(parameters, new Sgd.Settings(o.momentum(), o.weightDecay(), false));
                    case "adam" -> new Adam(parameters, adam);
                    case "adamw" -> new AdamW(parameters, adam);
                    case "lamb" -> new Lamb(parameters, adam);
                    case "lars" -> new Lars(parameters, lars(o));
                    default ->
                        throw new ConfigException(
                                "optimizer.name must be sgd, adam, adamw, lars or lamb, got " + o.name());
                };
        parameters.forEach((name, parameter) -> {
            boolean vector = parameter.value().shape().rank() <= 1;
            if (o.excludes(name, vector)) {
                optimizer.exclude(name);
            }
            double factor = vector ? o.biasFactor() : 1;
            for (Map.Entry<String, Double> rate : o.rates().entrySet()) {
                factor *= ParameterNames.match(rate.getKey(), name) ? rate.getValue() : 1;
            }
            optimizer.rateFactor(name, factor);
        });
        return optimizer;
    }

    private static Lars.Settings lars(TrainConfig.OptimizerChoice o) {
        double eps = o.larsForm() == LarsForm.RAW_NORM ? 1e-8 : 0;
        return new Lars.Settings(o.momentum(), o.weightDecay(), o.trust(), eps, o.larsForm(), o.clip(), false, 1);
    }
}
