package io.gramian.loss;

import io.gramian.Tensor;
import java.util.List;

/**
 * Any loss of this package as the training loop of another library calls it: a list of inputs, of which the first ones get
 * gradients.
 *
 * <p>Inputs are float32 matrices on one device. What they are, in order, with those that get a gradient before the bar:
 *
 * <pre>
 * {@link #of(MultiViewLoss)}           view 1, view 2, ... |
 * {@link #of(PredictiveLoss)}          prediction 1, prediction 2 | target 1, target 2
 * {@link #of(QueueInfoNce, KeyQueue)}  query | key
 * {@link #of(DenseCl, KeyQueue, KeyQueue)}  global query, dense query | global key, dense key, backbone query, backbone key
 * </pre>
 *
 * <p>Adapters for trainers ({@code gramian-djl}, {@code gramian-pytorch}, {@code gramian-dl4j}) take one of these. A loss with a
 * queue changes the queue, so two threads must not share it; the others may be shared.
 */
public interface TrainerLoss {
    /** Name as the command line and reports use it, as in {@code nt-xent}. */
    String name();

    /**
     * How many of the inputs, from the first, get a gradient.
     *
     * @param inputs how many there are
     * @throws IllegalArgumentException if the loss does not take as many, saying what it takes
     */
    int trained(int inputs);

    /**
     * The loss as it is at a step, without any work for the gradient.
     *
     * @param inputs not modified
     * @param step number of the step, from 0, for losses that draw something at random
     */
    double value(List<Tensor> inputs, long step);

    /**
     * The loss and its gradients, in one pass. Keys of a loss with a queue enter the queue after this.
     *
     * @param inputs not modified
     * @param gradients one for each input that is trained, of its shape, overwritten; no memory shared with an input
     * @param step as in {@link #value}
     */
    double valueAndGradient(List<Tensor> inputs, List<Tensor> gradients, long step);

    /** A loss of two or more views, all of them trained. */
    static TrainerLoss of(MultiViewLoss loss) {
        return new ViewsLoss(loss);
    }

    /** BYOL, SimSiam or MoCo v3: predictions, or queries; then targets, or keys. */
    static TrainerLoss of(PredictiveLoss loss) {
        return new QueriesLoss(loss.name(), 4, 2, "2 predictions and then 2 targets") {
            @Override
            double run(List<Tensor> inputs, List<Tensor> gradients) {
                List<Tensor> predictions = inputs.subList(0, 2);
                List<Tensor> targets = inputs.subList(2, 4);
                return gradients.isEmpty()
                        ? loss.value(predictions, targets)
                        : loss.valueAndGradient(predictions, targets, gradients);
            }
        };
    }

    /**
     * MoCo: queries, then keys, which enter the queue after each gradient.
     *
     * @param queue on the device of the inputs; the caller closes it
     */
    static TrainerLoss of(QueueInfoNce loss, KeyQueue queue) {
        return new QueriesLoss("moco", 2, 1, "a query and then a key") {
            @Override
            double run(List<Tensor> inputs, List<Tensor> gradients) {
                Tensor query = inputs.get(0);
                Tensor key = inputs.get(1);
                if (gradients.isEmpty()) {
                    return loss.value(query, key, queue.rows());
                }
                double value = loss.valueAndGradient(query, key, queue.rows(), gradients.get(0));
                queue.enqueue(key);
                return value;
            }
        };
    }

    /**
     * DenseCL: global and dense queries, global and dense keys, backbone maps of both as {@link DenseCl.Maps} has them.
     *
     * @param queue of the global keys, on the device of the inputs; the caller closes it
     * @param denseQueue of the means of the dense keys
     */
    static TrainerLoss of(DenseCl loss, KeyQueue queue, KeyQueue denseQueue) {
        String takes = "global query, dense query, global key, dense key, backbone query, backbone key";
        return new QueriesLoss("densecl", 6, 2, takes) {
            @Override
            double run(List<Tensor> inputs, List<Tensor> gradients) {
                Tensor globalKey = inputs.get(2);
                Tensor denseKey = inputs.get(3);
                DenseCl.Maps maps = new DenseCl.Maps(
                        inputs.get(0),
                        globalKey,
                        inputs.get(1),
                        denseKey,
                        inputs.get(4),
                        inputs.get(5),
                        queue.rows(),
                        denseQueue.rows());
                if (gradients.isEmpty()) {
                    return loss.value(maps).loss();
                }
                double value = loss.valueAndGradient(maps, gradients.get(0), gradients.get(1))
                        .loss();
                queue.enqueue(globalKey);
                try (Tensor means = DenseCl.means(denseKey, globalKey.shape().size(0))) {
                    denseQueue.enqueue(means);
                }
                return value;
            }
        };
    }
}
