package io.gramian.loss;

import io.gramian.Tensor;
import java.util.List;

/** A {@link TrainerLoss} whose inputs are views, all trained. */
record ViewsLoss(MultiViewLoss loss) implements TrainerLoss {
    @Override
    public String name() {
        return loss.name();
    }

    @Override
    public int trained(int inputs) {
        if (inputs < 2) {
            throw new IllegalArgumentException(loss.name() + ": expected at least 2 views, got " + inputs);
        }
        return inputs;
    }

    @Override
    public double value(List<Tensor> inputs, long step) {
        return loss.atStep(step).value(inputs);
    }

    @Override
    public double valueAndGradient(List<Tensor> inputs, List<Tensor> gradients, long step) {
        return loss.atStep(step).valueAndGradient(inputs, gradients);
    }
}
