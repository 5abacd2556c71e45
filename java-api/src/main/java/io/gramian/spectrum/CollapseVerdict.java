package io.gramian.spectrum;

import java.util.Arrays;
import java.util.Locale;

/**
 * What the singular values of the embeddings say about collapse, in plain words.
 *
 * <p>Complete collapse: all embeddings are nearly one vector. Dimensional collapse (Jing et al., 2110.09348): they fill
 * only few of their dimensions. The measures are the effective rank {@code exp(-sum p_k log p_k)},
 * {@code p_k = s_k / sum s} (Roy and Vetterli 2007), and the share of singular values below a thousandth of the
 * largest.
 *
 * @param kind the verdict
 * @param dimensions number of singular values
 * @param effectiveRank between 1 and {@code dimensions}; 0 if all singular values are 0
 * @param deadShare share of singular values below {@value #DEAD} times the largest
 */
public record CollapseVerdict(Kind kind, int dimensions, double effectiveRank, double deadShare) {
    /** Below this share of the largest singular value, a dimension carries a millionth of the variance: nothing. */
    static final double DEAD = 1e-3;

    private static final double COMPLETE_RANK = 1.5;
    private static final double DIMENSIONAL_DEAD = 0.25;
    private static final double DIMENSIONAL_RANK = 0.05;
    private static final double LOW_DEAD = 0.05;
    private static final double LOW_RANK_SHARE = 0.15;

    /** From worst to best. */
    public enum Kind {
        /** A singular value is NaN or infinite, or there is none. */
        UNKNOWN("No verdict"),
        /** All embeddings are nearly one vector. */
        COMPLETE("Complete collapse"),
        /** The embeddings fill few of their dimensions. */
        DIMENSIONAL("Dimensional collapse"),
        /** The embeddings use their dimensions very unevenly. */
        LOW_RANK("Low rank"),
        /** The embeddings use most of their dimensions. */
        HEALTHY("Healthy");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        /** Name for people. */
        public String title() {
            return title;
        }
    }

    /** Judges singular values in any order. */
    public static CollapseVerdict of(double[] singularValues) {
        int d = singularValues.length;
        double most = Arrays.stream(singularValues).max().orElse(Double.NaN);
        if (d == 0 || !Arrays.stream(singularValues).allMatch(s -> Double.isFinite(s) && s >= 0)) {
            return new CollapseVerdict(Kind.UNKNOWN, d, Double.NaN, Double.NaN);
        }
        double rank = Spectrum.ofValues(singularValues).effectiveRank();
        double dead =
                Arrays.stream(singularValues).filter(s -> s <= DEAD * most).count() / (double) d;
        return new CollapseVerdict(kind(d, rank, dead), d, rank, dead);
    }

    private static Kind kind(int d, double rank, double dead) {
        if (d == 1) {
            return rank > 0 ? Kind.HEALTHY : Kind.COMPLETE;
        }
        if (rank < COMPLETE_RANK) {
            return Kind.COMPLETE;
        }
        if (dead >= DIMENSIONAL_DEAD || rank < DIMENSIONAL_RANK * d) {
            return Kind.DIMENSIONAL;
        }
        return dead >= LOW_DEAD || rank < LOW_RANK_SHARE * d ? Kind.LOW_RANK : Kind.HEALTHY;
    }

    /** Whether this is a collapse, complete or dimensional, or nothing that could be judged: what a user should be told. */
    public boolean warns() {
        return kind == Kind.UNKNOWN || kind == Kind.COMPLETE || kind == Kind.DIMENSIONAL;
    }

    /** What was found, with the numbers behind it. */
    public String explanation() {
        String numbers = String.format(
                Locale.ROOT,
                "effective rank %.1f of %d; %.0f %% of the singular values lie below a thousandth of the largest",
                effectiveRank,
                dimensions,
                deadShare * 100);
        return switch (kind) {
            case UNKNOWN -> "The singular values are missing or not finite: the run diverged, or recorded no spectrum.";
            case COMPLETE -> "All embeddings point almost the same way: " + numbers + ".";
            case DIMENSIONAL -> "The embeddings fill only a small part of their space: " + numbers + ".";
            case LOW_RANK -> "The embeddings use some dimensions far more than others: " + numbers + ".";
            case HEALTHY -> "The embeddings spread over their space: " + numbers + ".";
        };
    }

    /** What to try next. */
    public String advice() {
        return switch (kind) {
            case UNKNOWN -> "Look at the loss: if it is not finite, lower the learning rate or lengthen the warm-up.";
            case COMPLETE ->
                "Lower the learning rate, lengthen the warm-up, and check that batch norm stands in the projection"
                        + " head and that the loss still has its repulsive, variance or whitening term.";
            case DIMENSIONAL ->
                "Strengthen what spreads the embedding: a larger batch, a higher lambda (Barlow Twins) or"
                        + " covariance weight (VICReg), a higher temperature (SimCLR), or stronger augmentation; or"
                        + " use a narrower embedding.";
            case LOW_RANK ->
                "Often fine in short runs: rank grows with training. Train longer, or raise the term that"
                        + " decorrelates dimensions.";
            case HEALTHY -> "Nothing to mend.";
        };
    }
}
