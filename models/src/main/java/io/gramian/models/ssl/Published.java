package io.gramian.models.ssl;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a system was trained on a data set by its authors (or by those whose numbers are quoted, where authors published none).
 *
 * @param set name of the data set, last part of the recipe's name as in {@code imagenet}
 * @param data where its images lie unless a user says otherwise, as setting {@code data} takes it
 * @param source who says so, and which of the settings they do not say
 * @param settings values by key, over those of {@link SslSystem#recipe}
 */
public record Published(String set, String data, String source, Map<String, Object> settings) {
    /** Copies the settings, whose order is kept. */
    public Published {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /** On ImageNet with ResNet-50 and views of 224 pixels. */
    static Published imagenet(String source, Map<String, Object> own) {
        Map<String, Object> settings = large("resnet50");
        settings.putAll(own);
        return new Published("imagenet", "folder:imagenet/train", source, settings);
    }

    /** On the hundred classes of ImageNet that the papers share, with views of 224 pixels. */
    static Published imagenet100(String set, String architecture, String source, Map<String, Object> own) {
        Map<String, Object> settings = large(architecture);
        settings.putAll(own);
        return new Published(set, "folder:imagenet100/train", source, settings);
    }

    private static Map<String, Object> large(String architecture) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("network.architecture", architecture);
        settings.put("network.stem", "imagenet");
        settings.put("augmentation.size", 224L);
        return settings;
    }
}
