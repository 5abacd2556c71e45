package io.gramian.autograd.optim;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.backend.Optimizers;
import io.gramian.backend.Optimizers.LarsForm;
import java.util.Map;

/**
 * LARS (You et al., 2017): SGD with momentum whose gradients are scaled by a trust ratio per tensor, see {@link
 * LarsForm}.
 * Parameters with one axis (biases, normalisation) are excluded from weight decay and trust ratio, unless told
 * otherwise.
 */
public final class Lars extends Optimizer {
    private final Settings settings;
    private final Map<String, Tensor> momenta;

    /**
     * What the update does.
     *
     * @param momentum in [0, 1)
     * @param weightDecay at least 0
     * @param eta trust coefficient, above 0
     * @param eps of the raw-norm form
     * @param form which gradient norm the trust ratio divides by
     * @param clip whether the trust ratio is limited to the learning rate (LARC); only with the raw-norm form
     * @param excludeVectors whether parameters with one axis take the plain SGD step without weight decay
     * @param vectorRate factor of the learning rate for parameters with one axis
     */
    public record Settings(
            double momentum,
            double weightDecay,
            double eta,
            double eps,
            LarsForm form,
            boolean clip,
            boolean excludeVectors,
            double vectorRate) {
        /** The authors' Barlow Twins and VICReg: momentum 0.9, eta 0.001, norm after weight decay. */
        public static Settings decayedNorm(double weightDecay) {
            return new Settings(0.9, weightDecay, 0.001, 0, LarsForm.DECAYED_NORM, false, true, 1);
        }

        /** solo-learn: momentum 0.9, raw norm, eps 1e-8, trust ratio clipped at the learning rate. */
        public static Settings clipped(double weightDecay, double eta) {
            return new Settings(0.9, weightDecay, eta, 1e-8, LarsForm.RAW_NORM, true, true, 1);
        }

        /**
         * With this factor for the learning rate of biases and normalisation: the authors' Barlow Twins has 0.0048 /
         * 0.2.
         */
        public Settings vectorRate(double factor) {
            return new Settings(momentum, weightDecay, eta, eps, form, clip, excludeVectors, factor);
        }
    }

    /** An optimiser of these parameters. */
    public Lars(Map<String, Variable> parameters, Settings settings) {
        super(parameters);
        this.settings = settings;
        this.momenta = addState("momentum");
    }

    @Override
    protected void update(double learningRate) {
        Active active = active();
        if (active.isEmpty()) {
            return;
        }
        Optimizers.Parameters parameters = active.with(learningRate, settings.weightDecay());
        boolean[] adapted = active.adapted();
        for (int i = 0; i < adapted.length; i++) {
            boolean vector = parameters.values().get(i).shape().rank() <= 1;
            adapted[i] &= !(vector && settings.excludeVectors());
            parameters.rates()[i] *= vector ? settings.vectorRate() : 1;
            parameters.decays()[i] = adapted[i] ? settings.weightDecay() : 0;
        }
        active.optimizers()
                .lars(
                        parameters,
                        active.states(momenta),
                        adapted,
                        settings.momentum(),
                        settings.eta(),
                        settings.eps(),
                        settings.form(),
                        settings.clip());
    }
}
