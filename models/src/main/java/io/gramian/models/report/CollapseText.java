package io.gramian.models.report;

import io.gramian.models.collapse.CollapseResults;
import io.gramian.models.collapse.ImageRun;
import io.gramian.models.collapse.ImageSettings;
import io.gramian.models.collapse.ToyExperiments;
import io.gramian.models.collapse.ToyHistory;
import io.gramian.models.collapse.ToySettings;
import io.gramian.models.collapse.Variant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What one sees in the figures of the collapse study, with the numbers of this very run. */
final class CollapseText {
    private final CollapseResults results;

    CollapseText(CollapseResults results) {
        this.results = results;
    }

    static String subtitle(CollapseResults results) {
        double seconds = results.seconds().values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
        return "The experiments of Jing et al. (2022, arXiv 2110.09348), run in " + Markup.duration(seconds)
                + " on this machine. Contrastive learning is meant to keep embeddings apart, and yet they end up in few of"
                + " their dimensions. Why, and what a projector has to do with it.";
    }

    String heading(String figure) {
        return switch (figure) {
            case "strong-augmentation" -> "Strong augmentation: one linear layer";
            case "two-layers" -> "Implicit regularisation: two linear layers";
            case "alignment" -> "How the two layers align";
            case "depth" -> "Deeper networks collapse more";
            default -> "Real images: with a projector, without, and DirectCLR";
        };
    }

    List<String> paragraphs(String figure) {
        return switch (figure) {
            case "strong-augmentation" -> strongAugmentation();
            case "two-layers" -> twoLayers();
            case "alignment" -> alignment();
            case "depth" -> depth();
            default -> images();
        };
    }

    private List<String> strongAugmentation() {
        int last = results.flow().size() - 1;
        return List.of(
                "Points are Gaussian, and differences of two of them have variance 1 in every direction. Half of the"
                        + " directions are augmented with noise of variance k. The contrastive gradient moves the weight by"
                        + " dW/dt = W (S0 - S1): S0, how the data vary, against S1, how the augmentation varies. Where the"
                        + " augmentation varies more, the direction only costs, and its singular value decays to nothing.",
                String.format(
                        Locale.ROOT,
                        "The threshold is k = 1 (theorem 1): with k = %s the augmented half settles at %s, with k = %s it is"
                                + " down to %s after %,d steps and still falls; the other half is not touched.",
                        Markup.value(ToyExperiments.VARIANCES.get(0)),
                        Markup.value(results.augmentedHalf(0)),
                        Markup.value(ToyExperiments.VARIANCES.get(last)),
                        Markup.value(results.augmentedHalf(last)),
                        results.toy().steps()),
                "Panels a to c use the loss of the paper's equations 5 and 6: distances, and negatives that are not augmented."
                        + " The authors' code has dot products and noise in both views (d). There the shrinkage is gradual:"
                        + " with noise of deviation s the singular values settle near 1 / (1 + s\u00b2) of the others, without"
                        + " a threshold.");
    }

    private List<String> twoLayers() {
        ToyHistory two = results.twoLayers();
        int alive = ToyHistory.alive(two.finalEmbedding());
        return List.of(String.format(
                Locale.ROOT,
                "No augmentation to speak of (deviation 0.001), and still: two layers W2 W1 start with singular values that fall"
                        + " as exp(-0.35 k). The gradient of each layer is multiplied by the other, so that small singular values"
                        + " grow slowly and large ones fast; when the large ones have solved the task, the rest stays where it"
                        + " was. %d of %d embedding dimensions survive; the smallest eigenvalue of the covariance is %s of the"
                        + " largest.",
                alive,
                results.toy().dimensions(),
                Markup.value(two.finalEmbedding()[results.toy().dimensions() - 1] / two.finalEmbedding()[0])));
    }

    private List<String> alignment() {
        int alive = ToyHistory.alive(results.twoLayers().finalEmbedding());
        int unequal = ToyHistory.alive(results.unequal().finalEmbedding());
        return List.of(
                "The entries are |V2\u1d40 U1|: how far a right singular vector of the second layer lies along a left one of the"
                        + " first. Dark is 0, bright is 1. Training turns the layers until what one gives is what the other"
                        + " takes (theorem 2); from then on singular values grow in pairs, each by itself.",
                String.format(
                        Locale.ROOT,
                        "With points of equal variance, every surviving direction ends with the same product of the two layers'"
                                + " singular values: what is largest in one is paired with what is smallest in the other, so that"
                                + " the block of the %d survivors is aligned backwards (b), and their spaces overlap to %.1f %%."
                                + " With variances that differ, and from small weights, both layers have them in one order: the"
                                + " block of the %d survivors is a diagonal, %.2f on average (c). Outside the blocks nothing was"
                                + " learned.",
                        alive,
                        100 * ToyHistory.overlap(results.twoLayers().finalAlignment(), alive),
                        unequal,
                        ToyHistory.diagonal(results.unequal().finalAlignment(), unequal)));
    }

    private List<String> depth() {
        return List.of(
                "The same points, the same loss, weak augmentation, one to four layers with PyTorch's initial weights. Each"
                        + " layer more multiplies small singular values by small ones. Embedding dimensions that survive"
                        + " (eigenvalue above a thousandth of the largest) after 1, 2, 3, 4 layers: "
                        + alive(results.linear()) + " without ReLU, " + alive(results.rectified()) + " with.");
    }

    private static String alive(List<ToyHistory> runs) {
        return runs.stream()
                .map(run -> Integer.toString(ToyHistory.alive(run.finalEmbedding())))
                .collect(Collectors.joining(", "));
    }

    private List<String> images() {
        CollapseResults.Images images = results.images();
        if (images == null) {
            return List.of();
        }
        ImageSettings settings = images.settings();
        ImageRun with = images.run(Variant.PROJECTOR);
        ImageRun without = images.run(Variant.NO_PROJECTOR);
        ImageRun direct = images.run(Variant.DIRECT);
        return List.of(
                String.format(
                        Locale.ROOT,
                        "A small residual network, %d steps of %d images of %s, four times from the same weights with the same"
                                + " views. Only the place of the loss differs. Behind a projector the eigenvalues fall off a cliff:"
                                + " the space that the loss sees has an effective rank of %.1f of %d, the representation before it"
                                + " %.1f (b, a).",
                        settings.steps(),
                        settings.batch(),
                        images.data(),
                        ImageRun.effectiveRank(with.finalEmbedding()),
                        with.finalEmbedding().length,
                        ImageRun.effectiveRank(with.finalRepresentation())),
                String.format(
                        Locale.ROOT,
                        "DirectCLR needs no projector: its loss sees the first %.0f %% of the representation, and the rest learns"
                                + " through the residual connections. Effective rank of the representation: %.1f with a"
                                + " projector, %.1f without, %.1f for DirectCLR. kNN: %s, %s and %s. The paper trains 100 epochs of"
                                + " ImageNet, where the gaps are tens of points; after minutes on small images they are near the"
                                + " noise of one seed.",
                        100 * settings.directShare(),
                        ImageRun.effectiveRank(with.finalRepresentation()),
                        ImageRun.effectiveRank(without.finalRepresentation()),
                        ImageRun.effectiveRank(direct.finalRepresentation()),
                        Markup.percent(with.knn()),
                        Markup.percent(without.knn()),
                        Markup.percent(direct.knn())));
    }

    /** How everything was run. */
    void settings(Markup page) {
        ToySettings toy = results.toy();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Gaussian points", toy.points() + " of " + toy.dimensions() + " dimensions");
        facts.put("Batch, temperature", toy.batch() + ", " + toy.temperature());
        facts.put("Steps", Integer.toString(toy.steps()));
        facts.put("Seed", Long.toString(toy.seed()));
        results.seconds().forEach((name, seconds) -> facts.put(name, Markup.duration(seconds)));
        page.section("settings", "Settings")
                .open("details", "")
                .element("summary", "", "Settings and times")
                .facts(facts)
                .close("details")
                .close("section");
    }
}
