package io.gramian.autograd.optim;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import java.util.Map;

/** SGD with momentum and coupled weight decay: {@code g += decay p; m = momentum m + g; p -= rate m}. */
public final class Sgd extends Optimizer {
    private final Settings settings;
    private final Map<String, Tensor> momenta;

    /**
     * What the update does.
     *
     * @param momentum in [0, 1)
     * @param weightDecay at least 0, for every parameter
     * @param nesterov whether the momentum looks ahead
     */
    public record Settings(double momentum, double weightDecay, boolean nesterov) {}

    /** An optimiser of these parameters. */
    public Sgd(Map<String, Variable> parameters, Settings settings) {
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
        active.optimizers()
                .sgd(
                        active.with(learningRate, settings.weightDecay()),
                        active.states(momenta),
                        settings.momentum(),
                        settings.nesterov());
    }
}
