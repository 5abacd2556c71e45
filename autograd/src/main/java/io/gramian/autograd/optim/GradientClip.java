package io.gramian.autograd.optim;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.backend.Deferred;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Limits the global norm of gradients, between the backward pass and the optimiser's step: one call over all parameters, see
 * {@link io.gramian.backend.Gradients#clip}.
 *
 * @param most largest norm, above 0; infinity: the norm is measured and nothing changed
 */
public record GradientClip(double most) {
    /** Checks the limit. */
    public GradientClip {
        if (!(most > 0)) {
            throw new IllegalArgumentException("most: expected a norm above 0, got " + most);
        }
    }

    /**
     * Scales the gradients of all parameters by {@code most / norm} if their norm is above {@code most}; parameters without a
     * gradient take no part. A norm that is no finite number changes nothing.
     *
     * @return the norm before, which nobody has to wait for
     */
    public Deferred<Double> apply(Collection<Variable> parameters) {
        List<Tensor> gradients = new ArrayList<>();
        for (Variable parameter : parameters) {
            Tensor gradient = parameter.grad();
            if (gradient != null) {
                gradients.add(gradient);
            }
        }
        if (gradients.isEmpty()) {
            return Deferred.of(Device.cpu(), () -> 0.0);
        }
        Device device = gradients.get(0).device();
        return Deferred.of(
                device, () -> device.backend().optimizers().gradients().clip(gradients, most));
    }
}
