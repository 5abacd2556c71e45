package io.gramian.autograd.optim;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.backend.Optimizers;
import java.util.List;
import java.util.Map;

/** AdamW (Loshchilov and Hutter, 2019): Adam whose weight decay multiplies the parameters by {@code 1 - rate decay}. */
public final class AdamW extends Moments {
    /** An optimiser of these parameters. */
    public AdamW(Map<String, Variable> parameters, Adam.Settings settings) {
        super(parameters, settings);
    }

    @Override
    void update(Active active, Optimizers.Parameters parameters, List<Tensor> means, List<Tensor> squares) {
        adam(active, parameters, means, squares, true);
    }
}
