package io.gramian.models.ssl;

import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * MoCo: a query finds its key, made by a momentum encoder from the other view, among the keys of earlier batches in a queue.
 * Sources: He et al. 2020, arXiv 1911.05722 (v1); Chen et al. 2020, arXiv 2003.04297 (v2: a head of two layers, stronger
 * augmentation, T 0.2); {@code facebookresearch/moco: moco/builder.py, main_moco.py} and its CIFAR-10 notebook;
 * {@code solo-learn: methods/mocov2plus.py} (v2+: both directions with two queues).
 *
 * @param version which
 */
public record MocoSystem(Version version) implements SslSystem {
    /** What came after what. */
    public enum Version {
        /** A linear head. */
        V1,
        /** A head of two layers without batch norm. */
        V2,
        /** Both directions, two queues. */
        V2_PLUS
    }

    @Override
    public String name() {
        return switch (version) {
            case V1 -> "moco-v1";
            case V2 -> "moco-v2";
            case V2_PLUS -> "moco-v2-plus";
        };
    }

    @Override
    public String paper() {
        return switch (version) {
            case V1 -> "He et al. 2020, arXiv 1911.05722";
            case V2 -> "Chen et al. 2020, arXiv 2003.04297";
            case V2_PLUS -> "Chen et al. 2020, arXiv 2003.04297; solo-learn";
        };
    }

    @Override
    public String summary() {
        return "contrasts with a queue of a momentum encoder's keys"
                + switch (version) {
                    case V1 -> "; a linear head";
                    case V2 -> "; a head of two layers, stronger augmentation";
                    case V2_PLUS -> "; both directions, a queue for each view";
                };
    }

    @Override
    public List<String> differences() {
        return List.of(
                "one-way is the paper; sum adds both directions with one queue, as the authors' CIFAR-10 notebook may;"
                        + " two-queues averages them with a queue for each view, as solo-learn (loss.directions)",
                "the authors need a queue that the batch divides, lightly cuts the batch off at its end; here it wraps",
                "on one device the authors' shuffled batch norm does nothing; their notebook splits the batch into 8 groups"
                        + " (shuffle.groups)",
                "T is 0.07 in v1, 0.2 in v2, 0.1 in the notebook (loss.temperature)",
                "solo-learn moves the momentum encoder after the optimiser's step, the authors before the keys, as here");
    }

    @Override
    public List<Setting> settings() {
        boolean plus = version == Version.V2_PLUS;
        List<Setting> all = new ArrayList<>();
        all.add(LossSettings.temperature(version == Version.V1 ? 0.07 : 0.2));
        all.add(Setting.choice(
                "loss.directions",
                plus ? "two-queues" : "one-way",
                List.of("one-way", "sum", "two-queues"),
                "view 1 finds view 2; or both ways"));
        all.add(MocoTraining.queueSetting(plus ? 32768 : 65536));
        all.addAll(MomentumEncoder.settings(plus ? 0.99 : 0.999, 0.999));
        all.add(SplitBatch.setting(1));
        return all;
    }

    @Override
    public void check(Settings settings) {
        MocoTraining.check(settings, MocoTraining.Directions.of(settings) == MocoTraining.Directions.SUM ? 2 : 1);
        SplitBatch.check(settings);
    }

    @Override
    public Map<String, Object> recipe() {
        Map<String, Object> recipe = new LinkedHashMap<>();
        recipe.put("projector", head(version == Version.V2_PLUS ? 256L : 128L));
        recipe.put("augmentation", Map.of("recipe", "moco-v2", "crop_min", 0.08));
        recipe.put("optimizer.name", "sgd");
        recipe.put("schedule.final_factor", 0.0);
        if (version == Version.V2_PLUS) {
            recipe.put("epochs", 1000L);
            recipe.put("batch", 256L);
            recipe.put("optimizer.learning_rate", 0.3);
            recipe.put("optimizer.weight_decay", 1e-4);
            return recipe;
        }
        recipe.put("epochs", 200L);
        recipe.put("batch", 512L);
        recipe.put("loss.temperature", 0.1);
        recipe.put("queue.length", 4096L);
        recipe.put("momentum", Map.of("start", 0.99, "end", 0.99));
        recipe.put("shuffle.groups", 8L);
        recipe.put("optimizer.learning_rate", 0.03);
        recipe.put("optimizer.weight_decay", 5e-4);
        recipe.put("schedule.warmup_epochs", 0.0);
        return recipe;
    }

    private Map<String, Object> head(long out) {
        List<Long> hidden = version == Version.V1 ? List.of() : List.of(2048L);
        return Map.of("hidden", hidden, "out", out, "norm", false, "bias_last", true);
    }

    @Override
    public String origin() {
        return version == Version.V2_PLUS ? "solo-learn's CIFAR-10 settings" : "the authors' CIFAR-10 notebook";
    }

    @Override
    public List<Published> published() {
        Map<String, Object> settings = imagenet();
        return switch (version) {
            case V1 -> {
                settings.put("augmentation.recipe", "moco-v1");
                settings.put("loss.temperature", 0.07);
                settings.put("schedule", Map.of("name", "drops", "drops", List.of(80L, 40L), "drop_factor", 0.1));
                yield List.of(Published.imagenet("facebookresearch/moco: README.md, main_moco.py", settings));
            }
            case V2 -> List.of(Published.imagenet("facebookresearch/moco: README.md, main_moco.py", settings));
            case V2_PLUS -> plus();
        };
    }

    /** Symmetric and with two queues it is solo-learn's alone: two devices with 64 images, or 128 of ImageNet-100's, each. */
    private static List<Published> plus() {
        return List.of(
                Published.imagenet(
                        "solo-learn: scripts/pretrain/imagenet/mocov2plus.yaml",
                        Map.of("epochs", 400L, "batch", 128L, "queue.length", 65536L, "optimizer.weight_decay", 3e-5)),
                Published.imagenet100(
                        "imagenet100",
                        "resnet18",
                        "solo-learn: scripts/pretrain/imagenet-100/mocov2plus.yaml",
                        Map.of("epochs", 400L, "batch", 256L, "queue.length", 65536L)));
    }

    /** What MoCo v2 and DenseCL share on ImageNet; shuffling in as many groups as the authors have devices. */
    static Map<String, Object> imagenet() {
        Map<String, Object> authors = new LinkedHashMap<>();
        authors.put("augmentation.recipe", "moco-v2");
        authors.put("augmentation.crop_min", -1.0);
        authors.put("epochs", 200L);
        authors.put("batch", 256L);
        authors.put("queue.length", 65536L);
        authors.put("shuffle.groups", 8L);
        authors.put("optimizer.learning_rate", 0.03);
        authors.put("optimizer.weight_decay", 1e-4);
        authors.put("schedule.warmup_epochs", 0.0);
        authors.put("loss.temperature", 0.2);
        authors.put("momentum", Map.of("start", 0.999, "end", 0.999));
        return authors;
    }

    @Override
    public Learner learner(Setup setup) {
        return new MocoTraining(setup);
    }
}
