package io.gramian.autograd;

import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.backend.Deferred;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One recorded operation with one output: what it saved and how it differentiates. A subclass computes the output,
 * saves what
 * {@link #backward} reads, and returns {@link #output}:
 *
 * <pre>{@code
 * public static Variable apply(Variable x) {
 *     Tensor y = ...;
 *     return Autograd.records(x) ? new Square(x).output(y) : Variable.constant(y);
 * }}</pre>
 */
public abstract class Function {
    private static final AtomicLong NEXT = new AtomicLong();

    private final String name;
    private final Variable[] inputs;
    private final long order = NEXT.getAndIncrement();
    private final List<Saved> saved = new ArrayList<>();
    private @Nullable Variable output;
    private boolean used;

    /** A function of these inputs; the name is used in messages. */
    protected Function(String name, Variable... inputs) {
        this.name = name;
        this.inputs = inputs.clone();
    }

    /**
     * Gradients of the inputs, given the gradient of the output.
     *
     * @param dy gradient of the output; may be overwritten, and returned as one of the gradients
     * @return one tensor per input in memory that nothing else uses; null where {@link #needs} is false
     */
    protected abstract @Nullable Tensor[] backward(Tensor dy);

    /** Whether the gradient of an input is wanted. */
    protected final boolean needs(int input) {
        return inputs[input].requiresGradient();
    }

    /** Keeps a tensor until {@link #backward} has run; it must not be changed before. */
    protected final Saved save(String what, Tensor tensor) {
        Saved kept = new Saved(name, what, tensor);
        saved.add(kept);
        return kept;
    }

    /** The output as a variable behind which this function stands. */
    protected final Variable output(Tensor value) {
        output = new Variable(value, true, this);
        return output;
    }

    /** The output as a scalar whose number may still be on its way. */
    protected final Variable output(Tensor value, Deferred<Double> number) {
        output = new Variable(value, number, this);
        return output;
    }

    final String name() {
        return name;
    }

    final long order() {
        return order;
    }

    final Variable[] inputs() {
        return inputs;
    }

    /** Runs {@link #backward} once and frees what it used. */
    final @Nullable Tensor[] differentiate(Tensor dy) {
        checkUnused();
        used = true;
        @Nullable Tensor[] gradients = backward(dy);
        if (gradients.length != inputs.length) {
            throw new GramianException(name + ": expected " + inputs.length + " gradients, got " + gradients.length);
        }
        boolean passedOn = false;
        for (int i = 0; i < gradients.length; i++) {
            Tensor gradient = gradients[i];
            passedOn |= gradient == dy;
            if (gradient != null && !fits(gradient, inputs[i].tensor())) {
                throw new GramianException(
                        name + ": expected a gradient as input " + i + ", " + inputs[i].tensor() + ", got " + gradient);
            }
        }
        if (!passedOn) {
            dy.close();
        }
        saved.forEach(Saved::release);
        return gradients;
    }

    private static boolean fits(Tensor gradient, Tensor input) {
        return gradient.shape().equals(input.shape()) && gradient.dtype() == input.dtype();
    }

    final void checkUnused() {
        if (used) {
            throw new IllegalStateException("backward: the graph behind " + name
                    + " was used before and its saved tensors are freed; run the forward pass again");
        }
    }

    final Tensor takeGradient() {
        if (output == null) {
            throw new IllegalStateException(name + ": output(Tensor) was never called");
        }
        return output.takeGradient();
    }

    final void releaseOutput() {
        if (output != null) {
            output.releaseValue();
        }
    }
}
