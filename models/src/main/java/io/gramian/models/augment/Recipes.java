package io.gramian.models.augment;

import io.gramian.backend.Resampling;
import io.gramian.models.augment.Augmentation.Blur;
import io.gramian.models.augment.Augmentation.Crop;
import io.gramian.models.augment.Augmentation.Jitter;
import io.gramian.models.augment.Augmentation.Solarize;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * Augmentations with the parameters of the papers. Small images (up to 64 pixels, as CIFAR) are not blurred, as the papers'
 * CIFAR experiments and solo-learn's do not. All values are in [0, 1] until a data set's statistics are set.
 */
public final class Recipes {
    private static final int SMALL = 64;

    private static final Map<String, IntFunction<Recipe>> NAMED = new TreeMap<>(Map.of(
            "simclr", Recipes::simclr,
            "barlow-twins", Recipes::barlowTwins,
            "byol", Recipes::byol,
            "moco-v1", Recipes::mocoV1,
            "moco-v2", Recipes::mocoV2,
            "vicreg", Recipes::vicreg,
            "wmse", Recipes::wmse,
            "fashion-mnist", Recipes::fashionMnist,
            "evaluation", Recipes::evaluation));

    private Recipes() {}

    /**
     * SimCLR (Chen et al. 2020, appendix A): crops of 8 % to 100 %, flip, jitter 0.8/0.8/0.8/0.2, grey 0.2, blur 0.5. Small
     * images as in appendix B.9: half the jitter, no blur.
     */
    public static Recipe simclr(int size) {
        double strength = size <= SMALL ? 0.5 : 1;
        Jitter jitter = new Jitter(0.8, 0.8 * strength, 0.8 * strength, 0.8 * strength, 0.2 * strength);
        Augmentation view = base(size, 0.08).withJitter(jitter).withGrey(0.2).withBlur(blur(size, 0.5));
        return new Recipe("simclr", List.of(view));
    }

    /**
     * Barlow Twins (Zbontar et al. 2021; that of BYOL), two different views: crops of 8 % to 100 %, flip, jitter
     * 0.4/0.4/0.2/0.1, grey 0.2; blur 1 and 0.1, solarize 0 and 0.2.
     */
    public static Recipe barlowTwins(int size) {
        return byol("barlow-twins", size);
    }

    /** VICReg (Bardes et al. 2022, appendix C.1): as {@link #barlowTwins}. */
    public static Recipe vicreg(int size) {
        return byol("vicreg", size);
    }

    /** BYOL (Grill et al. 2020, appendix B), and MoCo v3: as {@link #barlowTwins}. */
    public static Recipe byol(int size) {
        return byol("byol", size);
    }

    /**
     * MoCo v1 ({@code facebookresearch/moco: main_moco.py}): crops of 20 % to 100 %, flip, jitter 0.4/0.4/0.4/0.4 always, grey
     * 0.2. There grey comes before the jitter.
     */
    public static Recipe mocoV1(int size) {
        Augmentation view =
                base(size, 0.2).withJitter(new Jitter(1, 0.4, 0.4, 0.4, 0.4)).withGrey(0.2);
        return new Recipe("moco-v1", List.of(view));
    }

    /**
     * MoCo v2 (Chen et al. 2020, arXiv 2003.04297), SimSiam and DenseCL: crops of 20 % to 100 %, flip, jitter 0.4/0.4/0.4/0.1,
     * grey 0.2, blur 0.5.
     */
    public static Recipe mocoV2(int size) {
        Augmentation view = base(size, 0.2)
                .withJitter(new Jitter(0.8, 0.4, 0.4, 0.4, 0.1))
                .withGrey(0.2)
                .withBlur(blur(size, 0.5));
        return new Recipe("moco-v2", List.of(view));
    }

    private static Recipe byol(String name, int size) {
        Augmentation view =
                base(size, 0.08).withJitter(new Jitter(0.8, 0.4, 0.4, 0.2, 0.1)).withGrey(0.2);
        Augmentation first = view.withBlur(blur(size, 1));
        Augmentation second = view.withBlur(blur(size, 0.1)).withSolarize(new Solarize(0.2, 128 / 255.0));
        return new Recipe(name, List.of(first, second));
    }

    /**
     * W-MSE (Ermolov et al. 2021, and their code): jitter 0.4/0.4/0.4/0.1 and grey 0.1 on the whole image, then crops of 20 %
     * to 100 %, flip.
     */
    public static Recipe wmse(int size) {
        Augmentation view =
                base(size, 0.2).withJitter(new Jitter(0.8, 0.4, 0.4, 0.4, 0.1)).withGrey(0.1);
        return new Recipe("wmse", List.of(view.withColourFirst(true)));
    }

    /** For small grey images such as Fashion-MNIST: crops of 35 % to 100 %, flip, brightness and contrast 0.4. */
    public static Recipe fashionMnist(int size) {
        Augmentation view = base(size, 0.35)
                .withCrop(Crop.random(0.35, 1, Resampling.BILINEAR))
                .withJitter(new Jitter(0.8, 0.4, 0.4, 0, 0));
        return new Recipe("fashion-mnist", List.of(view));
    }

    /** Nothing random: the middle square, of 7/8 of the shorter side for large images. */
    public static Recipe evaluation(int size) {
        Crop crop = Crop.centre(size <= SMALL ? 1 : 0.875, Resampling.BICUBIC);
        return new Recipe("evaluation", List.of(Augmentation.plain(size).withCrop(crop)));
    }

    /** Names of all recipes. */
    public static List<String> names() {
        return List.copyOf(NAMED.keySet());
    }

    /**
     * A recipe by name, for views of this size.
     *
     * @throws IllegalArgumentException if there is none of this name, with the names there are
     */
    public static Recipe named(String name, int size) {
        IntFunction<Recipe> recipe = NAMED.get(name);
        if (recipe == null) {
            throw new IllegalArgumentException("augmentation recipe: expected one of " + names() + ", got " + name);
        }
        return recipe.apply(size);
    }

    private static Augmentation base(int size, double scaleMin) {
        return Augmentation.plain(size)
                .withCrop(Crop.random(scaleMin, 1, Resampling.BICUBIC))
                .withFlip(0.5);
    }

    private static Blur blur(int size, double probability) {
        return size <= SMALL ? Blur.NONE : new Blur(probability, 0.1, 2);
    }
}
