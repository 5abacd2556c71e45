package io.gramian.models.ssl;

import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A self-supervised system: what it trains, its settings, and how its authors train with it. A new system is one class like
 * those beside this, and one line in {@link Systems}.
 */
public interface SslSystem {
    /** Name on the command line, as in {@code barlow-twins}. */
    String name();

    /** Authors, year and arXiv number. */
    String paper();

    /** What it does, in one line. */
    String summary();

    /** Where the paper, its code and other implementations differ, one sentence each, with the setting that chooses. */
    List<String> differences();

    /** The settings of this system, as in {@code loss.temperature}; they come beside those that every run has. */
    List<Setting> settings();

    /**
     * Values of all settings (heads, augmentation, optimiser), by key, for images of CIFAR's size, where they differ from the
     * defaults.
     */
    Map<String, Object> recipe();

    /** Where {@link #recipe} comes from. */
    String origin();

    /** How its authors train it on other images, which is where it differs from {@link #recipe}. */
    default List<Published> published() {
        return List.of();
    }

    /** Whether it takes more than two views of an image. */
    default boolean manyViews() {
        return false;
    }

    /** The slices that its loss whitens by a factor of their covariance; empty if it does not. */
    default Optional<WhitenedSlices> whitens(Settings settings) {
        return Optional.empty();
    }

    /**
     * Checks settings that only make sense together, before training starts.
     *
     * @throws io.gramian.models.config.ConfigException naming the setting
     */
    default void check(Settings settings) {}

    /** Networks and state for a new run; the caller closes it. */
    Learner learner(Setup setup);
}
