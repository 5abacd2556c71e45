package io.gramian.models.ssl;

import io.gramian.loss.GramSide;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Settings and recipes that several systems share. */
final class LossSettings {
    private LossSettings() {}

    /** Which Gram matrix a loss of features is computed on. */
    static Setting gramSide() {
        return Setting.choice(
                "loss.gram",
                "auto",
                List.of("auto", "samples", "features"),
                "side of the Gram matrix: same value, other cost");
    }

    /** The settings that VICReg and its relatives share, but for the Gram side. */
    static List<Setting> vicReg(String covariances) {
        return List.of(
                Setting.number("loss.invariance", 25, 0, 1e6, "weight of the mean squared difference of the views"),
                Setting.number("loss.variance", 25, 0, 1e6, "weight of the hinge on each feature's standard deviation"),
                Setting.number("loss.covariance", 1, 0, 1e6, "weight of " + covariances),
                eps(1e-4),
                Setting.number("loss.gamma", 1, 1e-9, 1e6, "standard deviation below which the hinge acts"),
                Setting.flag("loss.halved_variance", true, "halve the variance term, as the authors' code does"));
    }

    /** The choice as the losses take it. */
    static GramSide gramSide(Settings settings) {
        return GramSide.valueOf(settings.text("loss.gram").toUpperCase(Locale.ROOT));
    }

    /**
     * What is added to a variance before its root: never 0, because a feature that is the same in all images has no variance.
     */
    static Setting eps(double usual) {
        return Setting.number("loss.eps", usual, 1e-12, 1, "added to the variance before its root");
    }

    /** solo-learn's settings for CIFAR, with what a system has of its own; each view has batch statistics of its own. */
    static Map<String, Object> cifarRecipe(Map<String, Object> own) {
        Map<String, Object> recipe = new LinkedHashMap<>(own);
        recipe.put("batch_statistics", "separate");
        recipe.put("projector", Map.of("hidden", List.of(2048L, 2048L), "out", 2048L));
        recipe.put(
                "optimizer",
                Map.of("name", "lars", "learning_rate", 0.3, "weight_decay", 1e-4, "trust", 0.02, "clip", true));
        return recipe;
    }

    /** What Barlow Twins, VICReg and its relatives share on ImageNet: LARS and three layers of 8192. */
    static Map<String, Object> authors(Map<String, Object> own, long epochs, long batch, double rate) {
        Map<String, Object> recipe = new LinkedHashMap<>();
        recipe.put("epochs", epochs);
        recipe.put("batch", batch);
        recipe.put("network.zero_init", true);
        recipe.put("projector.hidden", List.of(8192L, 8192L));
        recipe.put("projector.out", 8192L);
        recipe.put(
                "optimizer",
                Map.of("name", "lars", "learning_rate", rate, "weight_decay", 1e-6, "trust", 0.001, "clip", false));
        recipe.putAll(own);
        return recipe;
    }

    /**
     * VICReg-exp and VICReg-ctr on ImageNet (Garrido et al. 2023, section 5 and figure 1): 100 epochs and three layers that end
     * with 2048. The batch is second-hand, from a summary of their supplement's tables; the rate is VICReg's for 100 epochs, and
     * the temperature ours.
     */
    static Published dual() {
        return Published.imagenet(
                "Garrido et al. 2023, section 5; batch as a summary of its tables has it, rate of VICReg's README.md for 100"
                        + " epochs, temperature ours",
                authors(Map.of("projector.out", 2048L), 100, 1024, 0.3));
    }

    /** The temperature of a contrastive loss. */
    static Setting temperature(double initial) {
        return Setting.number("loss.temperature", initial, 1e-3, 100, "divisor of the similarities");
    }

    /** Its value. */
    static float temperature(Settings settings) {
        return (float) settings.number("loss.temperature");
    }
}
