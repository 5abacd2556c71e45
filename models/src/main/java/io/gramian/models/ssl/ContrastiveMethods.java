package io.gramian.models.ssl;

import io.gramian.loss.Dcl;
import io.gramian.loss.DirectClr;
import io.gramian.loss.InfoNce;
import io.gramian.loss.MultiViewNtXent;
import io.gramian.loss.SpectralContrastive;
import io.gramian.loss.UnsignedContrastive;
import io.gramian.loss.UnsignedContrastive.Similarity;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Locale;

/** The contrastive losses on views beside SimCLR's. */
final class ContrastiveMethods {
    private ContrastiveMethods() {}

    static List<LossMethod> all() {
        return List.of(
                new LossMethod(
                        "info-nce",
                        "each row finds its partner among the rows of the other view (CLIP, directclr's infoNCE)",
                        "van den Oord et al. 2018, arXiv 1807.03748",
                        List.of(
                                temperature(0.1),
                                Setting.flag("loss.normalized", true, "whether rows are divided by their norms"),
                                Setting.flag("loss.symmetric", true, "whether both directions are averaged")),
                        s -> new InfoNce(temperature(s), s.flag("loss.normalized"), s.flag("loss.symmetric"))),
                new LossMethod(
                        "multi-view-nt-xent",
                        "NT-Xent of any number of views with all positives inside the logarithm (solo-learn)",
                        "Khosla et al. 2020, arXiv 2004.11362",
                        List.of(temperature(0.2)),
                        s -> new MultiViewNtXent(temperature(s))),
                dcl("dcl", "NT-Xent without the positive in the denominator", false),
                dcl("dclw", "DCL with a larger weight on positives that are far apart", true),
                unsigned("simclr-sq", Similarity.SQUARE, false),
                unsigned("simclr-abs", Similarity.ABSOLUTE, false),
                unsigned("dcl-sq", Similarity.SQUARE, true),
                unsigned("dcl-abs", Similarity.ABSOLUTE, true),
                new LossMethod(
                        "spectral",
                        "pulls pairs together and pushes squared products of other rows down",
                        "HaoChen et al. 2021, arXiv 2106.04156",
                        List.of(Setting.number("loss.mu", 1, 1e-6, 1e6, "square of the largest norm of a row")),
                        s -> new SpectralContrastive((float) s.number("loss.mu"))),
                new LossMethod(
                        "directclr",
                        "InfoNCE of the leading features of a representation",
                        "Jing et al. 2022, arXiv 2110.09348",
                        List.of(
                                Setting.integer("loss.width", 360, 1, 1 << 20, "how many leading features count"),
                                temperature(0.1),
                                Setting.flag(
                                        "loss.both_views", false, "negatives of the same view too, as in lightly")),
                        s -> new DirectClr(s.small("loss.width"), temperature(s), s.flag("loss.both_views"))));
    }

    private static LossMethod dcl(String name, String summary, boolean weighted) {
        return new LossMethod(
                name,
                summary,
                "Yeh et al. 2022, arXiv 2110.06848",
                List.of(
                        temperature(0.1),
                        Setting.number("loss.sigma", 0.5, 1e-3, 1e3, "divisor inside the weights of dclw"),
                        Setting.choice(
                                "loss.form",
                                "lightly",
                                List.of("lightly", "authors"),
                                "authors: rows as they are, one direction, gradients through the weights")),
                s -> new Dcl(
                        temperature(s),
                        weighted,
                        (float) s.number("loss.sigma"),
                        Dcl.Form.valueOf(s.text("loss.form").toUpperCase(Locale.ROOT))));
    }

    private static LossMethod unsigned(String name, Similarity similarity, boolean decoupled) {
        return new LossMethod(
                name,
                (decoupled ? "DCL" : "NT-Xent") + " that repels by the "
                        + (similarity == Similarity.SQUARE ? "square" : "magnitude") + " of the cosine",
                "Garrido et al. 2023, arXiv 2206.02574",
                List.of(
                        temperature(0.15),
                        Setting.flag("loss.replaced", false, "whether the attractive term uses the similarity too")),
                s -> new UnsignedContrastive(temperature(s), similarity, decoupled, s.flag("loss.replaced")));
    }

    private static Setting temperature(double initial) {
        return Setting.number("loss.temperature", initial, 1e-3, 100, "divisor of the similarities");
    }

    private static float temperature(Settings settings) {
        return (float) settings.number("loss.temperature");
    }
}
