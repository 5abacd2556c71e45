package io.gramian.models.ssl;

import io.gramian.loss.InfoNce;
import io.gramian.loss.MultiViewNtXent;
import io.gramian.models.config.Setting;
import java.util.List;

/** The losses on views that are no system of their own. */
final class ContrastiveMethods {
    private ContrastiveMethods() {}

    static List<LossMethod> all() {
        return List.of(
                new LossMethod(
                        "info-nce",
                        "each row finds its partner among the rows of the other view (CLIP, directclr's infoNCE)",
                        "van den Oord et al. 2018, arXiv 1807.03748",
                        List.of(
                                LossSettings.temperature(0.1),
                                Setting.flag("loss.normalized", true, "whether rows are divided by their norms"),
                                Setting.flag("loss.symmetric", true, "whether both directions are averaged")),
                        s -> new InfoNce(
                                LossSettings.temperature(s), s.flag("loss.normalized"), s.flag("loss.symmetric"))),
                new LossMethod(
                        "multi-view-nt-xent",
                        "NT-Xent of any number of views with all positives inside the logarithm (solo-learn)",
                        "Khosla et al. 2020, arXiv 2004.11362",
                        List.of(LossSettings.temperature(0.2)),
                        s -> new MultiViewNtXent(LossSettings.temperature(s))));
    }
}
