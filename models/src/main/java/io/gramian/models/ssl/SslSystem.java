package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * A self-supervised system: a loss with its settings, and how its authors train with it. A new system is one class like
 * those beside this, and one line in {@link Systems}.
 */
public interface SslSystem {
    /** Name on the command line, as in {@code barlow-twins}. */
    String name();

    /** Authors, year and arXiv number. */
    String paper();

    /** What it does, in one line. */
    String summary();

    /** Settings of the loss; keys start with {@code loss.}. */
    List<Setting> lossSettings();

    /** The loss with these settings. */
    MultiViewLoss loss(Settings settings);

    /**
     * Values of the common settings that the authors use (projector, augmentation, optimiser), by key, where they differ
     * from the defaults.
     */
    Map<String, Object> recipe();

    /**
     * Checks settings that only make sense together, before training starts.
     *
     * @throws io.gramian.models.config.ConfigException naming the setting
     */
    default void check(Settings settings) {}
}
