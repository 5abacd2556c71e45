package io.gramian.loss;

import io.gramian.backend.Check;
import io.gramian.backend.Decorrelation;
import io.gramian.backend.Numbers;
import java.util.function.DoubleSupplier;

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

    /** The loss that the three numbers of a kernel add up to. */
    static DoubleSupplier total(VicRegTerms loss, Numbers numbers) {
        return () -> loss.total(numbers.run());
    }

    private double total(double[] terms) {
        return invariance() * terms[0] + variance() * terms[1] + covariance() * terms[2];
    }

    /** The three numbers of a kernel. */
    static VicReg.Terms terms(Numbers numbers) {
        double[] terms = numbers.run();
        return new VicReg.Terms(terms[0], terms[1], terms[2]);
    }

    @Override
    default double total(VicReg.Terms terms) {
        return total(new double[] {terms.invariance(), terms.variance(), terms.covariance()});
    }

    @Override
    default LossTerms named(VicReg.Terms terms) {
        return LossTerms.of(total(terms))
                .with("invariance", terms.invariance())
                .with("variance", terms.variance())
                .with("covariance", terms.covariance());
    }
}
