package io.gramian.models.ssl;

import io.gramian.loss.AlignmentUniformity;
import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Alignment and uniformity: views of an image close together on the sphere, images spread evenly. Source: Wang and Isola 2020,
 * arXiv 2005.10242, section 4.1; the rest as in SimCLR.
 */
public final class AlignmentUniformitySystem implements JointEmbedding {
    @Override
    public String name() {
        return "alignment-uniformity";
    }

    @Override
    public String paper() {
        return "Wang and Isola 2020, arXiv 2005.10242";
    }

    @Override
    public String summary() {
        return "distance of views plus the logarithm of a Gaussian potential of all pairs, on the sphere";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "the authors' network on STL-10 is a small AlexNet whose last layers are those of the head here; recipe"
                        + " alignment-uniformity-stl10 has all else of theirs with a ResNet-18",
                "on ImageNet-100 and ImageNet they put both terms into MoCo, with distances to its queue: another system");
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                Setting.number("loss.weight", 1, 0, 1e6, "weight of the uniformity"),
                Setting.number("loss.t", 2, 1e-6, 21, "width of the Gaussian potential"),
                Setting.number("loss.alpha", 2, 1e-3, 1e3, "power of the distance of the views"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new AlignmentUniformity(
                (float) settings.number("loss.weight"), (float) settings.number("loss.t"), (float)
                        settings.number("loss.alpha"));
    }

    @Override
    public List<Published> published() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("epochs", 200L);
        settings.put("batch", 768L);
        settings.put("network.stem", "pooled");
        settings.put("projector", Map.of("hidden", List.of(4096L, 4096L), "out", 128L, "bias_last", true));
        settings.put("augmentation", Map.of("recipe", "moco-v1", "size", 64L, "crop_min", 0.08));
        settings.put("optimizer", Map.of("name", "sgd", "learning_rate", 0.12, "weight_decay", 1e-4));
        settings.put(
                "schedule",
                Map.of("name", "drops", "warmup_epochs", 0.0, "drops", List.of(45L, 30L, 15L), "drop_factor", 0.1));
        String source = "SsnL/align_uniform: examples/stl10/main.py; network ours";
        return List.of(new Published("stl10", "stl10", source, settings));
    }

    @Override
    public Map<String, Object> recipe() {
        return new SimClrSystem().recipe();
    }

    @Override
    public String origin() {
        return "SimCLR's settings; ours";
    }
}
