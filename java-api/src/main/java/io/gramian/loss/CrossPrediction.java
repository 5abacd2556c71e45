package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.CheckReturnValue;
import io.gramian.backend.Numbers;
import io.gramian.backend.Predictive;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Mean negative cosines of both directions.
 *
 * @param first of prediction 0 with target 1
 * @param second of prediction 1 with target 0
 */
@CheckReturnValue
record CrossPrediction(Numbers first, Numbers second) {
    /** The kernels on inputs that were checked; {@code weight} is a factor of the gradients, null for none. */
    static CrossPrediction of(
            String loss,
            List<Tensor> predictions,
            List<Tensor> targets,
            float eps,
            float weight,
            @Nullable List<Tensor> gradients) {
        check(loss, predictions, targets);
        if (gradients != null) {
            checkGradients(loss, predictions, targets, gradients);
        }
        Predictive room = predictions.get(0).device().backend().predictive();
        return new CrossPrediction(
                room.negativeCosine(
                        predictions.get(0), targets.get(1), eps, weight, gradients == null ? null : gradients.get(0)),
                room.negativeCosine(
                        predictions.get(1), targets.get(0), eps, weight, gradients == null ? null : gradients.get(1)));
    }

    private static void checkGradients(
            String loss, List<Tensor> predictions, List<Tensor> targets, List<Tensor> gradients) {
        if (gradients.size() != 2) {
            throw new IllegalArgumentException(
                    loss + ": expected 2 gradients, one per prediction, got " + gradients.size());
        }
        for (int v = 0; v < 2; v++) {
            String name = "gradients[" + v + "]";
            Check.shape(name, gradients.get(v), predictions.get(v).shape().toArray());
            for (int input = 0; input < 2; input++) {
                Check.disjoint(name, gradients.get(v), "predictions[" + input + "]", predictions.get(input));
                Check.disjoint(name, gradients.get(v), "targets[" + input + "]", targets.get(input));
            }
        }
        Check.disjoint("gradients[1]", gradients.get(1), "gradients[0]", gradients.get(0));
    }

    private static void check(String loss, List<Tensor> predictions, List<Tensor> targets) {
        if (predictions.size() != 2 || targets.size() != 2) {
            throw new IllegalArgumentException(loss + ": expected 2 predictions and 2 targets, got "
                    + predictions.size() + " and " + targets.size());
        }
        Check.matrix("predictions[0]", predictions.get(0));
        Check.matrix("predictions[1]", predictions.get(1));
        Check.sameShape("predictions[1]", predictions.get(1), "predictions[0]", predictions.get(0));
        for (int v = 0; v < 2; v++) {
            Check.matrix("targets[" + v + "]", targets.get(v));
            Check.sameShape("targets[" + v + "]", targets.get(v), "predictions[0]", predictions.get(0));
        }
    }
}
