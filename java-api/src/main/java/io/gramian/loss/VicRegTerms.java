package io.gramian.loss;

import io.gramian.backend.Check;
import io.gramian.backend.Decorrelation;

/** What VICReg and its two relatives share: three weighted terms, and the numbers that the records have. */
interface VicRegTerms extends TermLoss<VicReg.Terms> {
    float invariance();

    float variance();

    float covariance();

    float eps();

    float gamma();

    boolean halvedVariance();

    static void check(float invariance, float variance, float covariance, float eps, float gamma) {
        Check.nonNegative("invariance", invariance);
        Check.nonNegative("variance", variance);
        Check.nonNegative("covariance", covariance);
        Check.positive("eps", eps);
        Check.nonNegative("gamma", gamma);
    }

    /** Factor of each view's variance term. */
    default float hinge() {
        return halvedVariance() ? 0.5f : 1;
    }

    /** The numbers as the kernels of the relatives take them. */
    default Decorrelation.Weights weights(float temperature) {
        return new Decorrelation.Weights(invariance(), variance(), covariance(), eps(), gamma(), hinge(), temperature);
    }

    @Override
    default double total(double[] numbers) {
        return invariance() * numbers[0] + variance() * numbers[1] + covariance() * numbers[2];
    }

    @Override
    default VicReg.Terms terms(double[] numbers) {
        return new VicReg.Terms(numbers[0], numbers[1], numbers[2]);
    }

    @Override
    default LossTerms named(double[] numbers) {
        return LossTerms.of(total(numbers))
                .with("invariance", numbers[0])
                .with("variance", numbers[1])
                .with("covariance", numbers[2]);
    }
}
