package io.gramian.autograd.optim;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.backend.Optimizers;
import java.util.List;
import java.util.Map;

/** What Adam and its relatives share: running means of the gradients and of their squares. */
abstract class Moments extends Optimizer {
    final Adam.Settings settings;
    private final Map<String, Tensor> means;
    private final Map<String, Tensor> squares;

    Moments(Map<String, Variable> parameters, Adam.Settings settings) {
        super(parameters);
        this.settings = settings;
        this.means = addState("mean");
        this.squares = addState("square");
    }

    @Override
    protected void update(double learningRate) {
        Active active = active();
        if (!active.isEmpty()) {
            Optimizers.Parameters parameters = active.with(learningRate, settings.weightDecay());
            update(active, parameters, active.states(means), active.states(squares));
        }
    }

    /** One step of the parameters that have a gradient. */
    abstract void update(Active active, Optimizers.Parameters parameters, List<Tensor> means, List<Tensor> squares);

    /** Adam's, whose weight decay is in the gradient or, decoupled, in the parameters. */
    final void adam(
            Active active,
            Optimizers.Parameters parameters,
            List<Tensor> means,
            List<Tensor> squares,
            boolean decoupled) {
        active.optimizers()
                .adam(
                        parameters,
                        means,
                        squares,
                        settings.beta1(),
                        settings.beta2(),
                        settings.eps(),
                        steps(),
                        decoupled);
    }
}
