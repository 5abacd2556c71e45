package io.gramian.autograd.optim;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.backend.Optimizers;
import java.util.List;
import java.util.Map;

/** Adam (Kingma and Ba, 2015) with bias correction; weight decay is added to the gradient (L2). */
public final class Adam extends Moments {
    /**
     * What the update does.
     *
     * @param beta1 decay of the first moment, in [0, 1)
     * @param beta2 decay of the second moment, in [0, 1)
     * @param eps added to the root of the second moment
     * @param weightDecay at least 0, for every parameter
     */
    public record Settings(double beta1, double beta2, double eps, double weightDecay) {
        /** 0.9, 0.999, 1e-8 and this weight decay. */
        public static Settings decaying(double weightDecay) {
            return new Settings(0.9, 0.999, 1e-8, weightDecay);
        }
    }

    /** An optimiser of these parameters. */
    public Adam(Map<String, Variable> parameters, Settings settings) {
        super(parameters, settings);
    }

    @Override
    void update(Active active, Optimizers.Parameters parameters, List<Tensor> means, List<Tensor> squares) {
        adam(active, parameters, means, squares, false);
    }
}
