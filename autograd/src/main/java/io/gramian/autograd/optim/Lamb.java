package io.gramian.autograd.optim;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.backend.Optimizers;
import java.util.List;
import java.util.Map;

/**
 * LAMB (You et al. 2020, arXiv 1904.00962, algorithm 2, bias-corrected, with the identity as scaling function): the update of
 * AdamW, scaled per tensor to the norm of the parameter, {@code p -= rate |p| / |u| u},
 * {@code u = m^ / (sqrt(v^) + eps) + decay p}. Parameters that are {@linkplain #exclude excluded} have ratio 1 and no decay. The
 * gradients' global norm is not limited here, as some implementations do: see {@link GradientClip}.
 */
public final class Lamb extends Moments {
    /** An optimiser of these parameters; the paper has beta 0.9 and 0.999 and eps 1e-6. */
    public Lamb(Map<String, Variable> parameters, Adam.Settings settings) {
        super(parameters, settings);
    }

    @Override
    void update(Active active, Optimizers.Parameters parameters, List<Tensor> means, List<Tensor> squares) {
        active.optimizers()
                .lamb(
                        parameters,
                        means,
                        squares,
                        active.adapted(),
                        settings.beta1(),
                        settings.beta2(),
                        settings.eps(),
                        steps());
    }
}
