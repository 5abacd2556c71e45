package io.gramian.autograd.function;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.backend.Deferred;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A loss at the end of a graph whose gradients were computed together with its value; the backward pass scales them by the
 * upstream scalar.
 */
final class ComputedLoss extends Function {
    private final List<Saved> gradients = new ArrayList<>();

    private ComputedLoss(String name, Variable[] inputs, List<Tensor> computed) {
        super(name, inputs);
        for (int i = 0; i < computed.size(); i++) {
            gradients.add(save("gradient of input " + i, computed.get(i)));
            computed.get(i).close();
        }
    }

    /** The loss as a variable of shape (1); takes over the gradients, one per input, which the loss wrote. */
    static Variable of(String name, Deferred<Double> loss, List<Variable> inputs, List<Tensor> gradients) {
        ComputedLoss function = new ComputedLoss(name, inputs.toArray(new Variable[0]), gradients);
        if (loss.isKnown()) {
            return function.output(constant(inputs, loss.get()));
        }
        return function.output(unwritten(inputs.get(0).device()), loss);
    }

    /** The tensor of a scalar that nobody has asked for: NaN. */
    static Tensor unwritten(Device device) {
        return Tensor.empty(device, 1).fill(Float.NaN);
    }

    /** What a loss with its gradients computes on the device of its inputs. */
    static Deferred<Double> deferred(List<Variable> inputs, Supplier<Double> loss) {
        return Deferred.of(inputs.get(0).value().device(), loss);
    }

    /** A tensor of shape (1) on the device of the inputs. */
    static Tensor constant(List<Variable> inputs, double loss) {
        return Tensor.empty(inputs.get(0).value().device(), 1).fill((float) loss);
    }

    /** An uninitialised tensor of the shape of each input. */
    static List<Tensor> like(List<Variable> inputs) {
        List<Tensor> tensors = new ArrayList<>();
        for (Variable input : inputs) {
            tensors.add(
                    Tensor.empty(input.value().device(), input.value().shape().toArray()));
        }
        return tensors;
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        @Nullable Tensor[] result = new Tensor[gradients.size()];
        for (int i = 0; i < result.length; i++) {
            if (needs(i)) {
                Tensor saved = gradients.get(i).get();
                Tensor gradient = Tensor.empty(dy.device(), saved.shape().toArray());
                dy.device().backend().linearAlgebra().scaleBy(dy, saved, gradient);
                result[i] = gradient;
            }
        }
        return result;
    }
}
