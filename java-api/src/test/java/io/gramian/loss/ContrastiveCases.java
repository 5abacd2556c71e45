package io.gramian.loss;

import io.gramian.reference.DclReference;
import io.gramian.reference.InfoNceReference;
import io.gramian.reference.LossAndGradients;
import io.gramian.reference.MultiViewNtXentReference;
import io.gramian.reference.SpectralContrastiveReference;
import io.gramian.reference.UnsignedContrastiveReference;
import java.util.stream.Stream;

/** Every contrastive loss on views, beside its truth: what {@link ContrastiveFamilyTest} runs through. */
final class ContrastiveCases {
    private ContrastiveCases() {}

    /** The float64 reference of a loss on views (n x d each). */
    interface Truth {
        LossAndGradients of(double[][] views, int n, int d);
    }

    /**
     * One loss with its settings.
     *
     * @param views how many it is tested on
     * @param least fewest images for which it is defined
     * @param normalized whether the length of a row does not count
     * @param symmetric whether exchanging views changes nothing
     * @param constants whether the gradient holds a part of the loss constant
     */
    record Case(
            String name,
            MultiViewLoss loss,
            Truth truth,
            int views,
            int least,
            boolean normalized,
            boolean symmetric,
            boolean constants,
            double temperature) {
        @Override
        public String toString() {
            return name;
        }

        /** Error of float32 products, divided by the temperature. */
        double tolerance() {
            return 4e-6 * (1 + 0.1 / temperature);
        }
    }

    static Stream<Case> all() {
        return Stream.of(
                infoNce(0.2, true, true),
                infoNce(0.01, true, true),
                infoNce(0.1, true, false),
                infoNce(0.5, false, true),
                infoNce(0.1, false, false),
                multiView(0.2, 2),
                multiView(0.1, 4),
                multiView(0.01, 3),
                dcl(0.2, 0, Dcl.Form.LIGHTLY),
                dcl(0.01, 0, Dcl.Form.LIGHTLY),
                dcl(0.1, 0.5, Dcl.Form.LIGHTLY),
                dcl(0.5, 0, Dcl.Form.AUTHORS),
                dcl(0.3, 0.5, Dcl.Form.AUTHORS),
                unsigned(0.15, true, false, false),
                unsigned(0.15, true, false, true),
                unsigned(0.01, true, true, false),
                unsigned(0.2, true, true, true),
                unsigned(0.01, false, false, false),
                unsigned(0.15, false, false, true),
                unsigned(0.2, false, true, false),
                spectral(1, GramSide.AUTO),
                spectral(1, GramSide.FEATURES),
                spectral(1, GramSide.SAMPLES),
                spectral(100, GramSide.FEATURES),
                spectral(100, GramSide.SAMPLES));
    }

    private static Case dcl(double temperature, double sigma, Dcl.Form form) {
        boolean authors = form == Dcl.Form.AUTHORS;
        return new Case(
                (sigma > 0 ? "dclw " : "dcl ") + temperature + " " + form,
                new Dcl((float) temperature, sigma > 0, sigma > 0 ? (float) sigma : 1, form),
                (z, n, d) ->
                        DclReference.valueAndGradients(z[0], z[1], n, d, (float) temperature, (float) sigma, authors),
                2,
                2,
                !authors,
                !authors,
                sigma > 0 && !authors,
                temperature);
    }

    private static Case unsigned(double temperature, boolean square, boolean decoupled, boolean replaced) {
        UnsignedContrastive.Similarity similarity =
                square ? UnsignedContrastive.Similarity.SQUARE : UnsignedContrastive.Similarity.ABSOLUTE;
        UnsignedContrastive loss = new UnsignedContrastive((float) temperature, similarity, decoupled, replaced);
        UnsignedContrastiveReference.Settings settings =
                new UnsignedContrastiveReference.Settings((float) temperature, square, decoupled, replaced);
        return new Case(
                loss.name() + " " + temperature + (replaced ? " replaced" : ""),
                loss,
                (z, n, d) -> UnsignedContrastiveReference.valueAndGradients(z[0], z[1], n, d, settings),
                2,
                decoupled ? 2 : 1,
                true,
                true,
                false,
                temperature);
    }

    private static Case spectral(double mu, GramSide side) {
        return new Case(
                "spectral " + mu + " " + side,
                new SpectralContrastive((float) mu, side),
                (z, n, d) -> SpectralContrastiveReference.valueAndGradients(z[0], z[1], n, d, (float) mu),
                2,
                2,
                false,
                true,
                false,
                1);
    }

    private static Case infoNce(double temperature, boolean normalized, boolean symmetric) {
        return new Case(
                "info-nce " + temperature + (normalized ? "" : " unnormalised") + (symmetric ? "" : " one way"),
                new InfoNce((float) temperature, normalized, symmetric),
                (z, n, d) -> InfoNceReference.valueAndGradients(
                        z[0], z[1], n, d, (float) temperature, normalized, symmetric),
                2,
                1,
                normalized,
                symmetric,
                false,
                temperature);
    }

    private static Case multiView(double temperature, int views) {
        return new Case(
                "multi-view-nt-xent " + temperature + " of " + views,
                new MultiViewNtXent((float) temperature),
                (z, n, d) -> MultiViewNtXentReference.valueAndGradients(z, n, d, (float) temperature),
                views,
                1,
                true,
                true,
                false,
                temperature);
    }
}
