package io.gramian.loss;

import io.gramian.Tensor;
import java.util.List;

/** A loss that draws a tensor at random in every step, as a function of its seed and the step. By itself it is that of step 0. */
interface DrawnLoss extends MultiViewLoss {
    /** What a step draws for these views; the caller closes it. */
    Tensor draw(List<Tensor> views, long step);

    /** The loss with what was drawn. */
    double value(List<Tensor> views, Tensor drawn);

    /** The loss with what was drawn, its terms and its gradient. */
    LossTerms namedTermsAndGradient(List<Tensor> views, Tensor drawn, List<Tensor> gradients);

    /** The loss with what step 0 draws. */
    @Override
    default double value(List<Tensor> views) {
        return atStep(0).value(views);
    }

    /** The loss and its gradient with what step 0 draws. */
    @Override
    default double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return atStep(0).valueAndGradient(views, gradients);
    }

    /** The loss, its terms and its gradient with what step 0 draws. */
    @Override
    default LossTerms namedTermsAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return atStep(0).namedTermsAndGradient(views, gradients);
    }

    /** The loss with what this step draws. */
    @Override
    default MultiViewLoss atStep(long step) {
        return new AtStep(this, step);
    }

    /**
     * A loss at a step.
     *
     * @param loss settings
     * @param step number of the step
     */
    record AtStep(DrawnLoss loss, long step) implements MultiViewLoss {
        @Override
        public String name() {
            return loss.name();
        }

        @Override
        public double value(List<Tensor> views) {
            try (Tensor drawn = loss.draw(views, step)) {
                return loss.value(views, drawn);
            }
        }

        @Override
        public double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
            return namedTermsAndGradient(views, gradients).loss();
        }

        @Override
        public LossTerms namedTermsAndGradient(List<Tensor> views, List<Tensor> gradients) {
            try (Tensor drawn = loss.draw(views, step)) {
                return loss.namedTermsAndGradient(views, drawn, gradients);
            }
        }

        @Override
        public MultiViewLoss atStep(long other) {
            return loss.atStep(other);
        }
    }
}
