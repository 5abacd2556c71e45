package io.gramian.models.ssl;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the authors of LeJEPA train with ({@code rbalestr-lab/lejepa}): their recommended settings for ImageNet, with two large
 * and six small views, and their example on ten classes of it, the one run whose every setting is published. They train
 * vision transformers larger than those here, with learned positions and dropped paths, and in bfloat16 (setting
 * {@code precision}); the batch on ImageNet is ours.
 */
final class LeJepaPublished {
    private static final String IMAGENET = "folder:imagenet/train";
    private static final String README = "rbalestr-lab/lejepa: README.md; warm-up of MINIMAL.md; batch ours";

    private LeJepaPublished() {}

    static List<Published> all() {
        Map<String, Object> residual = recommended();
        residual.put("optimizer.weight_decay", 5e-4);
        Map<String, Object> transformer = recommended();
        transformer.put("network.architecture", "vit-base");
        transformer.put("network.patch", 14L);
        return List.of(
                Published.imagenet(README, residual),
                new Published("vit", IMAGENET, README + "; there with ViT-L/14 and ViT-H/14", transformer),
                new Published(
                        "imagenette",
                        "folder:imagenette2-160/train",
                        "rbalestr-lab/lejepa: MINIMAL.md, ViT-S/8 with four views",
                        example()));
    }

    private static Map<String, Object> recommended() {
        Map<String, Object> settings = common();
        settings.put("epochs", 100L);
        settings.put("augmentation.size", 224L);
        settings.put("augmentation.local_views", 6L);
        settings.put("augmentation.local_size", 98L);
        settings.put("augmentation.recipe", "moco-v2");
        settings.put("augmentation.crop_min", 0.3);
        settings.put("augmentation.saturation", 0.2);
        settings.put("optimizer.learning_rate", 5e-4);
        return settings;
    }

    private static Map<String, Object> example() {
        Map<String, Object> settings = common();
        settings.put("epochs", 800L);
        settings.put("views", 4L);
        settings.put("loss.lambda", 0.02);
        settings.put("loss.directions", 256L);
        settings.put("network.architecture", "vit-small");
        settings.put("network.patch", 8L);
        settings.put("projector.out", 16L);
        settings.put("augmentation.size", 128L);
        settings.put("augmentation.recipe", "simclr");
        settings.put("schedule.final_factor", 0.5); // ends at a rate of 1e-3
        return settings;
    }

    private static Map<String, Object> common() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("batch", 256L);
        settings.put("batch_statistics", "together");
        settings.put("augmentation.solarize", 0.2);
        settings.put("schedule.warmup_epochs", 1.0);
        return settings;
    }
}
