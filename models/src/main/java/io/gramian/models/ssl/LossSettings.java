package io.gramian.models.ssl;

import io.gramian.loss.GramSide;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Locale;

/** Settings that several losses share. */
final class LossSettings {
    private LossSettings() {}

    /** Which Gram matrix a loss of features is computed on. */
    static Setting gramSide() {
        return Setting.choice(
                "loss.gram",
                "auto",
                List.of("auto", "samples", "features"),
                "side of the Gram matrix: same value, other cost");
    }

    /** The choice as the losses take it. */
    static GramSide gramSide(Settings settings) {
        return GramSide.valueOf(settings.text("loss.gram").toUpperCase(Locale.ROOT));
    }
}
