package io.gramian.models.train;

import io.gramian.models.train.TrainRecipes.Recipe;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** MoCo v3 with vision transformers. */
final class VitRecipes {
    private static final String METHOD = "moco-v3";

    private VitRecipes() {}

    static List<Recipe> all() {
        return List.of(
                new Recipe(
                        METHOD + "-vit",
                        "Chen et al. 2021, arXiv 2104.02057, section 5 and CONFIG.md: ViT-S/16 on ImageNet, 300 epochs",
                        imagenet()),
                new Recipe(
                        TrainRecipes.DEFAULT + "-" + METHOD + "-vit",
                        "ours: a ViT-Tiny of four blocks and patches of 7 pixels, for two cores",
                        fashionMnist()));
    }

    private static Map<String, Object> imagenet() {
        Map<String, Object> settings = common();
        settings.put("data", "folder:imagenet/train");
        settings.put("epochs", 300L);
        settings.put("batch", 4096L);
        settings.put("augmentation.size", 224L);
        settings.put("network.architecture", "vit-small");
        settings.put("network.heads", 12L); // twice timm's
        settings.put("network.patch", 16L);
        settings.put("projector", Map.of("hidden", List.of(4096L, 4096L), "out", 256L, "norm_last", "plain"));
        settings.put("predictor", Map.of("hidden", List.of(4096L), "norm_last", "plain"));
        settings.put(
                "schedule", Map.of("name", "cosine", "warmup_epochs", 40.0, "warmup_steps", 0L, "final_factor", 0.0));
        return settings;
    }

    private static Map<String, Object> fashionMnist() {
        Map<String, Object> settings = common();
        settings.put("data", "fashion-mnist");
        settings.put("epochs", 2L);
        settings.put("batch", 256L);
        settings.put("network.architecture", "vit-tiny");
        settings.put("network.depth", 4L);
        settings.put("network.patch", 7L);
        settings.put("projector", Map.of("hidden", List.of(512L, 512L), "out", 128L, "norm_last", "plain"));
        settings.put("predictor", Map.of("hidden", List.of(512L), "norm_last", "plain"));
        settings.put("augmentation.recipe", TrainRecipes.DEFAULT);
        settings.put("augmentation.crop_min", -1.0);
        settings.put("optimizer.learning_rate", 5e-4); // the authors' is for three hundred epochs
        settings.put("schedule", Map.of("name", "cosine", "warmup_epochs", 0.5, "warmup_steps", 0L));
        return settings;
    }

    private static Map<String, Object> common() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("method", METHOD);
        settings.put("loss.temperature", 0.2);
        settings.put("network.frozen_patches", true);
        settings.put("augmentation.crop_min", 0.08);
        settings.put("optimizer.name", "adamw");
        settings.put("optimizer.learning_rate", 1.5e-4);
        settings.put("optimizer.scale_with_batch", true);
        settings.put("optimizer.weight_decay", 0.1);
        return settings;
    }
}
