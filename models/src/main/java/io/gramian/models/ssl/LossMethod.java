package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.function.Function;

/**
 * A loss that the command line can compute from files.
 *
 * @param name as on the command line
 * @param summary what it does, in one line
 * @param paper authors, year and arXiv number
 * @param settings its settings; keys start with {@code loss.}
 * @param make the loss with given settings
 */
public record LossMethod(
        String name, String summary, String paper, List<Setting> settings, Function<Settings, MultiViewLoss> make) {
    static LossMethod of(JointEmbedding system) {
        return new LossMethod(system.name(), system.summary(), system.paper(), system.settings(), system::loss);
    }
}
