package io.gramian.models.ssl;

import io.gramian.autograd.GraphCheck;
import io.gramian.autograd.Variable;
import java.util.Optional;

/**
 * The forward pass of a batch up to its loss, to be followed by one backward pass; inside the scope of the step. Closing it
 * frees what it kept.
 */
public interface BatchPass extends AutoCloseable {
    /** The loss, of shape (1). */
    Variable loss();

    /** Adds the gradient of the loss to every trained parameter. */
    void backward();

    /** The first tensor of the pass that is not finite, in words; before {@link #backward}. */
    Optional<String> firstNotFinite();

    @Override
    void close();

    /** A batch that passed at once. */
    static BatchPass whole(Learner learner, Variable loss) {
        return new BatchPass() {
            @Override
            public Variable loss() {
                return loss;
            }

            @Override
            public void backward() {
                loss.backward();
            }

            @Override
            public Optional<String> firstNotFinite() {
                return GraphCheck.firstNotFinite(loss, learner.parameters());
            }

            @Override
            public void close() {
                // the scope of the step frees it
            }
        };
    }
}
