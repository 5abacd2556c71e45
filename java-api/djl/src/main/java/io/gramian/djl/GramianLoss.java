package io.gramian.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.loss.Loss;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.PredictiveLoss;
import io.gramian.loss.TrainerLoss;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A loss of Gramian as a loss of DJL.
 *
 * <pre>{@code
 * TrainingConfig config = new DefaultTrainingConfig(GramianLoss.of(new NtXent(0.5f)))
 *         .optOptimizer(Optimizer.adam().build());
 * try (Trainer trainer = model.newTrainer(config)) { ... EasyTrain.trainBatch(trainer, batch); trainer.step(); ... }
 * }</pre>
 *
 * <p>Predictions: one array for each input of the loss, in the order of {@link TrainerLoss}: for two views two arrays (n, d),
 * as {@link EachView} gives them; for SimSiam and BYOL two predictions, then two targets. A single array is taken as two views
 * below each other. Labels are not read ({@code EasyTrain} wants one array of them to tell the device). Nothing of either is
 * modified.
 *
 * <p>The result is an array of shape () with the value; its backward pass gives every trained input exactly the gradient that
 * the kernel computed with the value, scaled by whatever comes from above: the loss is
 * {@code s - stop(s) + value} with {@code s = sum_v <input_v, gradient_v>}. Where no gradient collector is open, in validation
 * say, only the value is computed.
 *
 * <p>Memory: on the CPU predictions and gradients are read and written in place; one array of each trained input's shape is
 * allocated by DJL for its gradient and freed by the backward pass. On a GPU the kernels run on that GPU, with the embeddings
 * and their gradient copied through the host, since DJL tells no device address.
 *
 * <p>Losses that draw at random (W-MSE, LeJEPA) count the steps that were trained. One object serves one trainer; for several
 * devices of it, all but losses with a queue.
 *
 * @see io.gramian.loss
 */
public final class GramianLoss extends Loss {
    private final TrainerLoss loss;
    private final AtomicLong steps = new AtomicLong();
    private final Map<String, Mean> means = new ConcurrentHashMap<>();
    private volatile @Nullable Last last;

    /** The loss of these predictions, so that evaluators need not compute it again. */
    private record Last(WeakReference<NDList> predictions, float value) {}

    /** Sum and number of losses since a reset. */
    private record Mean(double sum, long count) {
        Mean with(float value) {
            return new Mean(sum + value, count + 1);
        }
    }

    /** A loss of DJL with the name of ours. */
    public GramianLoss(TrainerLoss loss) {
        super(loss.name());
        this.loss = loss;
    }

    /** A loss of two or more views. */
    public static GramianLoss of(MultiViewLoss loss) {
        return new GramianLoss(TrainerLoss.of(loss));
    }

    /** A loss of two predictions and two targets. */
    public static GramianLoss of(PredictiveLoss loss) {
        return new GramianLoss(TrainerLoss.of(loss));
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException for arrays that are closed, sparse, not FLOAT32 or of another engine than PyTorch, and
     *     for shapes that the loss does not take
     * @throws io.gramian.GramianException if the arrays are on a GPU that Gramian cannot use, saying why
     */
    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        return withInputs(predictions, inputs -> {
            int trained = loss.trained(inputs.size());
            NDArray result = JniUtils.isGradMode()
                    ? withGradient(inputs, trained)
                    : inputs.get(0).getManager().create((float) value(inputs));
            last = new Last(new WeakReference<>(predictions), result.getFloat());
            return result;
        });
    }

    /** Calls with one checked array for each input. */
    private static <T> T withInputs(NDList predictions, Function<NDList, T> body) {
        for (int i = 0; i < predictions.size(); i++) {
            BorrowedArray.check("predictions[" + i + "]", predictions.get(i));
        }
        if (predictions.size() != 1) {
            return body.apply(predictions);
        }
        try (NDList halves = halves(predictions.get(0))) {
            return body.apply(halves);
        }
    }

    private static NDList halves(NDArray stacked) {
        if (stacked.getShape().dimension() != 2 || stacked.getShape().get(0) % 2 != 0) {
            throw new IllegalArgumentException("predictions[0]: expected two views below each other, (2 n, d), got "
                    + stacked.getShape() + "; or give one array for each view");
        }
        return stacked.split(2);
    }

    private double value(NDList inputs) {
        try (Scope scope = Scope.open()) {
            return loss.value(tensors(inputs), steps.get());
        }
    }

    private NDArray withGradient(NDList inputs, int trained) {
        List<NDArray> gradients = new ArrayList<>();
        try {
            for (NDArray input : inputs.subList(0, trained)) {
                gradients.add(BorrowedArray.like(input));
            }
            double value = compute(inputs, gradients);
            NDArray surrogate = null;
            for (int i = 0; i < trained; i++) {
                NDArray term = product(inputs.get(i), gradients.get(i));
                surrogate = surrogate == null ? term : sum(surrogate, term);
            }
            return valued(Objects.requireNonNull(surrogate), (float) value);
        } finally {
            gradients.forEach(NDArray::close); // the graph keeps what its backward pass needs
        }
    }

    private double compute(NDList inputs, List<NDArray> gradients) {
        try (Scope scope = Scope.open()) {
            List<Tensor> written = new ArrayList<>();
            gradients.forEach(gradient -> written.add(BorrowedArray.toWrite(gradient)));
            double value = loss.valueAndGradient(tensors(inputs), written, steps.getAndIncrement());
            for (int i = 0; i < written.size(); i++) {
                BorrowedArray.written(written.get(i), gradients.get(i));
            }
            return value;
        }
    }

    private static List<Tensor> tensors(NDList inputs) {
        return inputs.stream().map(BorrowedArray::read).toList();
    }

    private static NDArray product(NDArray input, NDArray gradient) {
        try (NDArray flat = input.flatten();
                NDArray constant = gradient.flatten()) {
            return flat.dot(constant);
        }
    }

    private static NDArray sum(NDArray a, NDArray b) {
        try (a;
                b) {
            return a.add(b);
        }
    }

    /** The array with another value and the same gradient: {@code s - s} is 0 for every finite s. */
    private static NDArray valued(NDArray surrogate, float value) {
        try (surrogate;
                NDArray constant = surrogate.stopGradient();
                NDArray zero = surrogate.sub(constant)) {
            return zero.add(value); // a float: a double would make the loss float64
        }
    }

    @Override
    public void addAccumulator(String key) {
        means.put(key, new Mean(0, 0));
    }

    @Override
    public void updateAccumulator(String key, NDList labels, NDList predictions) {
        updateAccumulators(new String[] {key}, labels, predictions);
    }

    @Override
    public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
        Last known = last;
        float value = known != null && known.predictions().get() == predictions
                ? known.value()
                : withInputs(predictions, inputs -> (float) value(inputs));
        for (String key : keys) {
            means.merge(key, new Mean(value, 1), (before, one) -> before.with(value));
        }
    }

    @Override
    public void resetAccumulator(String key) {
        means.computeIfPresent(key, (name, before) -> new Mean(0, 0));
    }

    @Override
    public float getAccumulator(String key) {
        Mean mean = means.get(key);
        if (mean == null) {
            throw new IllegalArgumentException("expected an accumulator that was added, got " + key);
        }
        return mean.count() == 0 ? Float.NaN : (float) (mean.sum() / mean.count());
    }
}
