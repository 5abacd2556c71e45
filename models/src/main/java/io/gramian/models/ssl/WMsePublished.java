package io.gramian.models.ssl;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the authors of W-MSE train, command by command ({@code htdt/self-supervised: README.md, cfg.py, model.py}): W-MSE 2 and
 * W-MSE 4, which has four views and half the batch. Networks for STL-10 and Tiny ImageNet keep the maximum behind the first
 * layer; that of ImageNet-100 is torchvision's.
 */
final class WMsePublished {
    private static final String SOURCE = "htdt/self-supervised: README.md, ";

    private WMsePublished() {}

    static List<Published> all() {
        List<Published> all = new ArrayList<>();
        all.add(four("cifar10", "cifar10", Map.of()));
        both(all, "cifar100", "cifar100", Map.of(), 1);
        both(all, "stl10", "stl10", small(2000), 4);
        both(all, "tiny-imagenet", "folder:tiny-imagenet-200/train", small(1000), 4);
        both(all, "imagenet100", "folder:imagenet100/train", photographs(), 1);
        return all;
    }

    /** W-MSE 2, which takes several slicings of smaller sets, and W-MSE 4, which takes one. */
    private static void both(List<Published> all, String set, String data, Map<String, Object> own, long slicings) {
        Map<String, Object> two = new LinkedHashMap<>(own);
        two.put("loss.iterations", slicings);
        all.add(new Published(set, data, SOURCE + "W-MSE 2", two));
        all.add(four(set, data, own));
    }

    private static Published four(String set, String data, Map<String, Object> own) {
        Map<String, Object> four = new LinkedHashMap<>(own);
        four.put("views", 4L);
        four.put("batch", 256L);
        return new Published(set + "-4views", data, SOURCE + "W-MSE 4", four);
    }

    private static Map<String, Object> small(long epochs) {
        Map<String, Object> settings = wide();
        settings.put("epochs", epochs);
        settings.put("network.stem", "pooled");
        settings.put("augmentation.size", 64L);
        return settings;
    }

    private static Map<String, Object> photographs() {
        Map<String, Object> settings = wide();
        settings.put("epochs", 240L);
        settings.put("network.architecture", "resnet18");
        settings.put("network.stem", "imagenet");
        settings.put("augmentation.size", 224L);
        settings.put("augmentation.crop_min", 0.08);
        settings.put("augmentation.brightness", 0.8);
        settings.put("augmentation.contrast", 0.8);
        settings.put("augmentation.saturation", 0.8);
        settings.put("augmentation.hue", 0.2);
        settings.put("augmentation.grey", 0.2);
        settings.put("augmentation.blur", 0.5);
        return settings;
    }

    /** Twice the embedding of CIFAR, and slices to match. */
    private static Map<String, Object> wide() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("projector.out", 128L);
        settings.put("loss.w_size", 256L);
        settings.put("optimizer.learning_rate", 2e-3);
        return settings;
    }
}
