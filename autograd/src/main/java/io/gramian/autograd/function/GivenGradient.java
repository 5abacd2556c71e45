package io.gramian.autograd.function;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.backend.Check;
import io.gramian.backend.Deferred;
import java.util.List;

/**
 * The end of a graph whose gradient came from elsewhere: from a loss that saw more than this graph, or from another program.
 * The value is 0 and says nothing; backward, each input gets its gradient.
 */
public final class GivenGradient {
    private GivenGradient() {}

    /**
     * A scalar whose derivative in {@code inputs[i]} is {@code gradients[i]}.
     *
     * @param inputs at least one
     * @param gradients one for each, of its shape; taken over, not changed
     * @throws IllegalArgumentException if counts or shapes differ
     */
    public static Variable apply(List<Variable> inputs, List<Tensor> gradients) {
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException("GivenGradient: expected at least one input, got none");
        }
        Check.count("gradients", gradients.size(), inputs.size());
        for (int i = 0; i < inputs.size(); i++) {
            Check.sameShape(
                    "gradients[" + i + "]",
                    gradients.get(i),
                    "inputs[" + i + "]",
                    inputs.get(i).value());
        }
        if (!Autograd.records(inputs.toArray(new Variable[0]))) {
            gradients.forEach(Tensor::close);
            return Variable.constant(ComputedLoss.constant(inputs, 0));
        }
        Deferred<Double> nothing = Deferred.of(Device.cpu(), () -> 0.0);
        return ComputedLoss.of("GivenGradient", nothing, inputs, gradients);
    }
}
