package io.gramian.loss;

import io.gramian.Tensor;
import java.util.List;

/** A loss that draws a tensor at random in every step, as a function of its seed and the step. By itself it is that of step 0. */
interface DrawnLoss extends RandomLoss {
    /** The loss with what a step draws for these views, as far as they are checked for that; the caller closes it. */
    Drawn drawn(List<Tensor> views, long step);

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
            try (Drawn drawn = loss.drawn(views, step)) {
                return drawn.value(views);
            }
        }

        @Override
        public double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
            try (Drawn drawn = loss.drawn(views, step)) {
                return drawn.valueAndGradient(views, gradients);
            }
        }

        @Override
        public LossTerms namedTermsAndGradient(List<Tensor> views, List<Tensor> gradients) {
            try (Drawn drawn = loss.drawn(views, step)) {
                return drawn.namedTermsAndGradient(views, gradients);
            }
        }

        @Override
        public MultiViewLoss atStep(long other) {
            return loss.atStep(other);
        }
    }
}
