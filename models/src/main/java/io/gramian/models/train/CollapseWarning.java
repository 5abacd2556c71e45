package io.gramian.models.train;

import io.gramian.spectrum.CollapseVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A collapse that shows in the spectra of a training run.
 *
 * @param kind which
 * @param where {@code embedding}, {@code representation} or {@code slice}
 * @param finding what was measured
 * @param advice what to try
 */
public record CollapseWarning(Kind kind, String where, String finding, String advice) {
    /** Below this root mean square distance from their mean, unit rows are one vector; spread out they have nearly 1. */
    private static final double ONE_POINT = 0.03;

    /** A principal axis of a slice with a millionth of the variance of another: a thousandth of its deviation. */
    private static final double SINGULAR = 1e6;

    /** The ways to collapse. */
    public enum Kind {
        /** All images have nearly the same vector. */
        COMPLETE("complete collapse"),
        /** The vectors fill few of their dimensions. */
        DIMENSIONAL("dimensional collapse"),
        /** The covariance of a slice that is whitened is nearly singular. */
        NEAR_SINGULAR("whitening slice near-singular");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        /** Name for people. */
        public String title() {
            return title;
        }
    }

    /** As in {@code dimensional collapse of the embedding}. */
    public String title() {
        return kind == Kind.NEAR_SINGULAR ? kind.title() : kind.title() + " of the " + where;
    }

    /** All of it in one line. */
    @Override
    public String toString() {
        return title() + ": " + finding + "; " + advice;
    }

    /** What the measures of a step say; nothing if all is well. */
    static List<CollapseWarning> of(SpectrumReading reading) {
        List<CollapseWarning> warnings = new ArrayList<>();
        judge("embedding", reading.embedding(), warnings);
        judge("representation", reading.representation(), warnings);
        // NaN is no small number, and no good one
        if (reading.whitens() && !(reading.sliceCondition() < SINGULAR)) {
            warnings.add(new CollapseWarning(
                    Kind.NEAR_SINGULAR,
                    "slice",
                    String.format(
                            Locale.ROOT,
                            "the covariance of a slice has condition number %.1e, and beyond 1e6 its gradient is mostly"
                                    + " rounding",
                            reading.sliceCondition()),
                    "try a larger slice (loss.w_size), a little shrinkage (loss.eps=1e-4), a narrower embedding"
                            + " (projector.out) or loss.whitening=iterative"));
        }
        return warnings;
    }

    private static void judge(String where, SpectrumReading.Part part, List<CollapseWarning> warnings) {
        CollapseVerdict verdict = CollapseVerdict.of(part.spectrum().singularValues());
        double spread = part.spread();
        boolean one = verdict.kind() == CollapseVerdict.Kind.COMPLETE || spread < ONE_POINT;
        if (!one && verdict.kind() != CollapseVerdict.Kind.DIMENSIONAL) {
            return;
        }
        Kind kind = one ? Kind.COMPLETE : Kind.DIMENSIONAL;
        String finding = String.format(
                Locale.ROOT,
                "effective rank %.1f of %d, unit vectors are %.3f from their mean (spread out: nearly 1), %.0f %% of"
                        + " the singular values are below a thousandth of the largest",
                verdict.effectiveRank(),
                verdict.dimensions(),
                spread,
                100 * verdict.deadShare());
        String advice = one
                ? "check that the loss has its stop-gradient, negatives, variance or whitening term and that the"
                        + " heads have batch norm; then a lower learning rate or a longer warm-up"
                : "try a larger batch, more weight for what decorrelates (lambda, covariance), a higher temperature,"
                        + " another augmentation or a narrower embedding";
        warnings.add(new CollapseWarning(kind, where, finding, advice));
    }
}
