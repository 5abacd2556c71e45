package io.gramian.models.train;

import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipe;
import io.gramian.models.augment.Recipes;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;

/** Settings of the augmentation: a named recipe, and what is different from it. */
final class AugmentationSettings {
    /** Stands for the value that the named recipe has. */
    private static final double AS_RECIPE = -1;

    private static final String KEY = "augmentation.";

    private AugmentationSettings() {}

    static List<Setting> schema() {
        return List.of(
                Setting.choice(KEY + "recipe", "simclr", Recipes.names(), "named augmentation of the views"),
                Setting.integer(KEY + "size", 0, 0, 4096, "pixels of a view's side; 0 for the images' own"),
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
