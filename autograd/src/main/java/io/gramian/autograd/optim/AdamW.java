package io.gramian.autograd.optim;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import java.util.Map;

/** AdamW (Loshchilov and Hutter, 2019): Adam whose weight decay multiplies the parameters by {@code 1 - rate decay}. */
public final class AdamW extends Optimizer {
    private final Adam.Settings settings;
    private final Map<String, Tensor> means;
    private final Map<String, Tensor> squares;

    /** An optimiser of these parameters. */
    public AdamW(Map<String, Variable> parameters, Adam.Settings settings) {
        super(parameters);
        this.settings = settings;
        this.means = addState("mean");
        this.squares = addState("square");
    }

    @Override
    protected void update(double learningRate) {
        Adam.step(this, settings, means, squares, learningRate, true);
    }
}
