package io.gramian.models.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.backend.ColourOp;
import io.gramian.backend.ImageView;
import io.gramian.backend.Resampling;
import io.gramian.models.augment.Augmentation.Crop;
import io.gramian.models.augment.Augmentation.Jitter;
import io.gramian.models.augment.Augmentation.Solarize;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ViewDrawTest {
    private static final int COUNT = 20_000;

    private static ImageView draw(Augmentation augmentation, int image) {
        return ViewDraw.draw(augmentation, 1, 40, 60, 7, 3, image, 0);
    }

    @Test
    void mixIsSplitMix64() {
        // first outputs of the generator seeded with 1234567, as published with the algorithm's reference code
        long golden = 0x9E3779B97F4A7C15L;
        assertThat(ViewDraw.mix(1234567 + golden)).isEqualTo(6457827717110365317L);
        assertThat(ViewDraw.mix(1234567 + 2 * golden)).isEqualTo(3203168211198807973L);
    }

    @Test
    void everyPartOfTheKeyMatters() {
        Augmentation view = Recipes.simclr(224).views().get(0);
        Set<ImageView> seen = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            seen.add(ViewDraw.draw(view, 1, 400, 600, i, 5, 6, 7));
            seen.add(ViewDraw.draw(view, 1, 400, 600, 9, i, 6, 7));
            seen.add(ViewDraw.draw(view, 1, 400, 600, 9, 5, i, 7));
            seen.add(ViewDraw.draw(view, 1, 400, 600, 9, 5, 6, i));
        }
        assertThat(seen).hasSize(12);
        assertThat(draw(view, 1)).isEqualTo(draw(view, 1));
    }

    @Test
    void frequenciesAreTheProbabilities() {
        Augmentation second = Recipes.barlowTwins(224).views().get(1);
        Map<Double, Predicate<ImageView>> expected = Map.of(
                0.5,
                ImageView::flip,
                0.2,
                ImageView::grey,
                0.1,
                view -> view.blur().radius() > 0,
                0.8,
                view -> !view.jitter().order().isEmpty());
        // four standard deviations: 4 sqrt(0.25 / 20000) = 0.014
        expected.forEach(
                (probability, happened) -> assertThat(share(second, happened)).isCloseTo(probability, within(0.014)));
        assertThat(share(second, view -> view.solarize() <= 1)).isCloseTo(0.2, within(0.014));
    }

    private static double share(Augmentation augmentation, Predicate<ImageView> happened) {
        return IntStream.range(0, COUNT)
                        .filter(i -> happened.test(draw(augmentation, i)))
                        .count()
                / (double) COUNT;
    }

    @Test
    void cropsHaveTheAreasAndRatiosOfTheRecipe() {
        Augmentation view = Recipes.wmse(32).views().get(0);
        double area = 0;
        for (int i = 0; i < COUNT; i++) {
            ImageView drawn = draw(view, i);
            double share = drawn.crop().height() * drawn.crop().width() / 2400.0;
            double ratio = drawn.crop().width() / (double) drawn.crop().height();
            // sides are rounded to pixels
            if (!(share > 0.17 && share <= 1 && ratio > 0.68 && ratio < 1.51)) {
                throw new AssertionError("crop out of range: " + drawn);
            }
            area += share / COUNT;
        }
        assertThat(area).isBetween(0.45, 0.62);
    }

    @Test
    void everyOrderOfTheJitterIsAsLikely() {
        Augmentation view = Recipes.simclr(224).views().get(0).withJitter(new Jitter(1, 0.8, 0.8, 0.8, 0.2));
        Map<List<ColourOp>, Integer> orders = new HashMap<>();
        for (int i = 0; i < COUNT; i++) {
            ImageView drawn = draw(view, i);
            orders.merge(drawn.jitter().order(), 1, Integer::sum);
            float brightness = drawn.jitter().brightness();
            boolean inside = brightness >= 0.2f
                    && brightness <= 1.8f
                    && Math.abs(drawn.jitter().hue()) <= 0.2f;
            if (!inside) {
                throw new AssertionError("factor out of range: " + drawn);
            }
        }
        assertThat(orders).hasSize(24);
        // 833 each, standard deviation 28
        assertThat(orders.values()).allMatch(count -> count > 690 && count < 980);
    }

    @Test
    void operationsWithoutAmountAreLeftOut() {
        Augmentation view = Recipes.fashionMnist(28).views().get(0).withJitter(new Jitter(1, 0.4, 0.4, 0, 0));
        assertThat(draw(view, 1).jitter().order()).containsExactlyInAnyOrder(ColourOp.BRIGHTNESS, ColourOp.CONTRAST);
    }

    @Test
    void extremeImagesStillGiveACrop() {
        Augmentation view = Recipes.simclr(32).views().get(0);
        for (int[] size : new int[][] {{1, 1}, {1, 5000}, {5000, 1}, {2, 3}, {65_535, 2}}) {
            for (int i = 0; i < 200; i++) {
                ViewDraw.draw(view, 1, size[0], size[1], 7, 0, i, 0);
            }
        }
        ImageView middle = ViewDraw.draw(Augmentation.plain(32), 1, 30, 50, 7, 0, 0, 0);
        assertThat(middle.crop()).isEqualTo(new ImageView.Crop(0, 10, 30, 30));
    }

    @Test
    void recipesRepeatTheirViewsAndAreFoundByName() {
        assertThat(Recipes.barlowTwins(32).forViews(3).get(2))
                .isEqualTo(Recipes.barlowTwins(32).views().get(0));
        for (String name : Recipes.names()) {
            assertThat(Recipes.named(name, 32).name()).isEqualTo(name);
        }
        refused(
                () -> Recipes.named("nothing", 32),
                "expected one of [barlow-twins, byol, evaluation, fashion-mnist, moco-v1, moco-v2, simclr, vicreg, wmse]");
    }

    @Test
    void refusesValuesOutOfRange() {
        refused(() -> new Jitter(Double.NaN, 0, 0, 0, 0), "jitter: expected 0 to 1, got NaN");
        refused(() -> new Jitter(1, 0, 0, 0, 0.6), "hue of 0 to 0.5");
        refused(() -> Crop.random(0, 1, Resampling.BICUBIC), "crop scale");
        refused(() -> new Augmentation.Blur(1, 0, 2), "blur sigma");
        refused(() -> new Solarize(1, 2), "solarize threshold");
        refused(() -> Augmentation.plain(0), "size: expected 1 to 65535 pixels, got 0");
        refused(() -> Augmentation.plain(8).withStatistics(List.of(0.0), List.of(0.0)), "std: expected values above 0");
        refused(() -> Augmentation.plain(8).withStatistics(List.of(0.0, 1.0), List.of(1.0)), "1 or 3 finite values");
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
