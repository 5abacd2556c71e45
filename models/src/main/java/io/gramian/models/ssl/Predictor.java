package io.gramian.models.ssl;

import io.gramian.models.config.Setting;
import io.gramian.models.head.MlpHead;
import java.util.List;

/** The head that turns an embedding into a prediction of the other view's: SimSiam, BYOL, MoCo v3. */
final class Predictor {
    private static final String NAME = "predictor";

    private Predictor() {}

    /** Its settings; {@code biased}: whether its last layer has offsets. */
    static List<Setting> settings(long hidden, boolean biased) {
        return List.of(
                Setting.integers(
                        NAME + ".hidden", List.of(hidden), 1, 1 << 20, "widths of the predictor's hidden layers"),
                Setting.flag(NAME + ".norm", true, "batch norm in the predictor's hidden layers"),
                Setting.choice(
                        NAME + ".norm_last",
                        "none",
                        List.of("none", "plain", "affine"),
                        "batch norm after the predictor's last layer"),
                Setting.flag(NAME + ".bias_last", biased, "whether the predictor's last layer has offsets"));
    }

    /** A predictor for embeddings of this width. */
    static MlpHead of(Setup setup, int width) {
        return SslNetwork.head(
                setup.device(), setup.settings(), NAME, width, width, SslNetwork.seed(setup.settings(), 2));
    }
}
