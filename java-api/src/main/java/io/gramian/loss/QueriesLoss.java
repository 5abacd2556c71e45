package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.List;

/** A {@link TrainerLoss} with as many inputs as the loss says, of which the first ones are trained. Nothing is drawn. */
abstract class QueriesLoss implements TrainerLoss {
    private final String name;
    private final int inputs;
    private final int trained;
    private final String takes;

    QueriesLoss(String name, int inputs, int trained, String takes) {
        this.name = name;
        this.inputs = inputs;
        this.trained = trained;
        this.takes = takes;
    }

    /** The loss; no gradients for the value alone. */
    abstract double run(List<Tensor> all, List<Tensor> gradients);

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final int trained(int count) {
        if (count != inputs) {
            throw new IllegalArgumentException(name + ": expected " + inputs + " inputs, " + takes + ", got " + count);
        }
        return trained;
    }

    @Override
    public final double value(List<Tensor> all, long step) {
        trained(all.size());
        return run(all, List.of());
    }

    @Override
    public final double valueAndGradient(List<Tensor> all, List<Tensor> gradients, long step) {
        Check.count("gradients", gradients.size(), trained(all.size()));
        return run(all, gradients);
    }
}
