package io.gramian.models.train;

import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipe;
import io.gramian.models.augment.Recipes;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;

/** Settings of the augmentation: a named recipe, and what is different from it. */
final class AugmentationSettings {
    /** Stands for the value that the named recipe has. */
    private static final double AS_RECIPE = -1;

    private static final String KEY = "augmentation.";

    /** How many views are small crops. */
    static final String LOCAL_VIEWS = KEY + "local_views";

    private AugmentationSettings() {}

    static List<Setting> schema() {
        return List.of(
                Setting.choice(KEY + "recipe", "simclr", Recipes.names(), "named augmentation of the views"),
                Setting.integer(KEY + "size", 0, 0, 4096, "pixels of a view's side; 0 for the images' own"),
                Setting.integer(
                        LOCAL_VIEWS, 0, 0, 62, "small views of an image, beside those of setting views (multi-crop)"),
                Setting.integer(KEY + "local_size", 0, 0, 4096, "pixels of a small view's side; 0 for half the size"),
                Setting.number(KEY + "local_crop_min", 0.05, 0, 1, "least share of the area that a small view shows"),
                Setting.number(KEY + "local_crop_max", 0.3, 0, 1, "largest share of the area that a small view shows"),
                change("crop_min", "least share of the area that a crop shows"),
                change("crop_max", "largest share of the area that a crop shows"),
                change("flip", "probability of a flip"),
                change("jitter", "probability of colour jitter"),
                change("brightness", "amount of brightness jitter"),
                change("contrast", "amount of contrast jitter"),
                change("saturation", "amount of saturation jitter"),
                change("hue", "amount of hue jitter, at most 0.5"),
                change("grey", "probability of grey"),
                change("blur", "probability of blur"),
                change("solarize", "probability of solarize"),
                Setting.choice(
                        KEY + "rounding",
                        "none",
                        List.of("none", "bytes"),
                        "what operations keep: numbers, or bytes as pipelines on Pillow images do, bit for bit"));
    }

    private static Setting change(String key, String meaning) {
        return Setting.number(KEY + key, AS_RECIPE, AS_RECIPE, 10, meaning + "; -1 as in the named recipe");
    }

    /** The augmentations of the views, without the statistics of a data set. */
    static Recipe recipe(Settings settings, int size) {
        return Recipes.named(settings.text(KEY + "recipe"), size).map(view -> changed(view, settings));
    }

    /**
     * The augmentations of small views: those of the others, with a crop of less and of another size. None without
     * {@value #LOCAL_VIEWS}.
     *
     * @param views of size {@code size}
     * @throws ConfigException if small views are larger than the others, or their least crop above their largest
     */
    static List<Augmentation> local(Settings s, Recipe views, int size) {
        int count = s.small(LOCAL_VIEWS);
        if (count == 0) {
            return List.of();
        }
        int asked = s.small(KEY + "local_size");
        int side = asked > 0 ? asked : Math.max(1, size / 2);
        if (side > size) {
            throw new ConfigException(
                    KEY + "local_size must be at most the " + size + " pixels of the other views, got " + side);
        }
        double least = s.number(KEY + "local_crop_min");
        double most = s.number(KEY + "local_crop_max");
        if (!(least <= most && most > 0)) {
            throw new ConfigException(
                    KEY + "local_crop_min must be at most local_crop_max, above 0, got " + least + " and " + most);
        }
        return views.map(view -> {
                    Augmentation.Crop crop = view.crop();
                    return view.withSize(side)
                            .withCrop(new Augmentation.Crop(
                                    true,
                                    least,
                                    most,
                                    crop.ratioMin(),
                                    crop.ratioMax(),
                                    crop.resampling(),
                                    crop.antialias()));
                })
                .forViews(count);
    }

    private static Augmentation changed(Augmentation view, Settings s) {
        Augmentation.Crop crop = view.crop();
        Augmentation.Jitter jitter = view.jitter();
        return view.withCrop(new Augmentation.Crop(
                        crop.random(),
                        value(s, "crop_min", crop.scaleMin()),
                        value(s, "crop_max", crop.scaleMax()),
                        crop.ratioMin(),
                        crop.ratioMax(),
                        crop.resampling(),
                        crop.antialias()))
                .withFlip(value(s, "flip", view.flip()))
                .withJitter(new Augmentation.Jitter(
                        value(s, "jitter", jitter.probability()),
                        value(s, "brightness", jitter.brightness()),
                        value(s, "contrast", jitter.contrast()),
                        value(s, "saturation", jitter.saturation()),
                        value(s, "hue", jitter.hue())))
                .withGrey(value(s, "grey", view.grey()))
                .withBlur(new Augmentation.Blur(
                        value(s, "blur", view.blur().probability()),
                        view.blur().sigmaMin(),
                        view.blur().sigmaMax()))
                .withSolarize(new Augmentation.Solarize(
                        value(s, "solarize", view.solarize().probability()),
                        view.solarize().threshold()))
                .withRounding(
                        s.text(KEY + "rounding").equals("bytes")
                                ? Augmentation.Rounding.BYTES
                                : Augmentation.Rounding.NONE);
    }

    private static double value(Settings settings, String key, double recipe) {
        double value = settings.number(KEY + key);
        return value < 0 ? recipe : value;
    }
}
