package io.gramian.dl4j;

import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.SharedBlas;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.PredictiveLoss;
import io.gramian.loss.TrainerLoss;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A loss of Gramian as a loss function of Deeplearning4j.
 *
 * <p>Views share a network by standing below each other in one batch: a {@code StackVertex} puts them there, and the loss takes
 * its rows apart again, the first view first.
 *
 * <pre>{@code
 * graph.addInputs("view1", "view2")
 *      .addVertex("views", new StackVertex(), "view1", "view2")
 *      .addLayer("embedding", new DenseLayer.Builder().nOut(64).activation(Activation.IDENTITY).build(), "views")
 *      .addLayer("loss", new LossLayer.Builder(GramianLoss.of(NtXent.defaults()))
 *              .activation(Activation.IDENTITY).build(), "embedding")
 *      .setOutputs("loss");
 * }</pre>
 *
 * <p>For SimSiam and BYOL two predictions and then two targets are stacked; the targets' rows get a gradient of zero. Labels
 * are not read, though Deeplearning4j wants an array of them. Masks are refused, for every row of a batch is somebody's
 * negative.
 *
 * <p>Embeddings are read in place where their rows stand one behind the other ('c' order), and copied once where they do not;
 * they are not modified. The gradient is one new array, in the workspace that is open. Deeplearning4j divides gradients by the
 * number of examples of the graph's first input, and scores by the rows of the loss layer; the loss multiplies by both, so
 * that score and steps are those of the loss itself: leave {@code miniBatch(true)}, the default, as it is. A network whose
 * input has the views stacked already divides by all rows: take {@link #stackedInput()} there.
 *
 * <p>A {@code LossLayer} computes value and gradient in one pass; an {@code OutputLayer} works too, and computes the value
 * twice. Losses that draw at random (W-MSE, LeJEPA) count the gradients that were asked for. A saved network keeps the name
 * of its loss, not the loss: to train it on, give its loss layer a new one.
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.NONE,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public final class GramianLoss implements ILossFunction {
    private static final long serialVersionUID = 1L;

    @JsonProperty("loss")
    private final String name;

    @JsonProperty("inputs")
    private final int inputs;

    @JsonProperty("stacked")
    private final boolean stacked;

    private final transient @Nullable TrainerLoss loss;
    private final transient AtomicLong steps = new AtomicLong();
    private transient volatile @Nullable Last last;

    /** The value that came with the gradient of these embeddings; for the score that is asked for next. */
    private record Last(WeakReference<INDArray> embeddings, double value) {}

    private GramianLoss(String name, int inputs, boolean stacked, @Nullable TrainerLoss loss) {
        this.name = name;
        this.inputs = inputs;
        this.stacked = stacked;
        this.loss = loss;
    }

    @JsonCreator
    static GramianLoss restored(
            @JsonProperty("loss") String name,
            @JsonProperty("inputs") int inputs,
            @JsonProperty("stacked") boolean stacked) {
        return new GramianLoss(name, inputs, stacked, null);
    }

    /**
     * Any loss whose inputs have one shape.
     *
     * @param inputs how many the loss takes, below each other
     * @throws IllegalArgumentException if the loss does not take as many
     */
    public GramianLoss(TrainerLoss loss, int inputs) {
        this(loss.name(), inputs, false, loss);
        loss.trained(inputs);
    }

    /** A loss of two views. */
    public static GramianLoss of(MultiViewLoss loss) {
        return new GramianLoss(TrainerLoss.of(loss), 2);
    }

    /** A loss of two predictions and two targets. */
    public static GramianLoss of(PredictiveLoss loss) {
        return new GramianLoss(TrainerLoss.of(loss), 4);
    }

    /** The same for a network whose input has all views below each other already, without a {@code StackVertex}. */
    public GramianLoss stackedInput() {
        return new GramianLoss(name, inputs, true, loss);
    }

    @Override
    public String name() {
        return name;
    }

    /** As in {@code nt-xent}. */
    @Override
    public String toString() {
        return name;
    }

    private Object readResolve() {
        return restored(name, inputs, stacked);
    }

    /**
     * The loss; times the rows unless it is to be the average, for Deeplearning4j divides by them.
     *
     * @throws IllegalArgumentException for arrays that are closed, not FLOAT, not of the CPU or no matrices, for a mask, and for
     *     shapes that the loss does not take
     * @throws IllegalStateException if the network was loaded from a file, which does not keep the loss
     */
    @Override
    public double computeScore(
            INDArray labels, INDArray preOutput, IActivation activation, @Nullable INDArray mask, boolean average) {
        check(preOutput, mask);
        Last known = last;
        last = null;
        double value = known != null && known.embeddings().get() == preOutput
                ? known.value()
                : run(embeddings(preOutput, activation), null);
        return average ? value : value * preOutput.size(0);
    }

    /**
     * Not there: a loss of pairs has no score of one example.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public INDArray computeScoreArray(
            INDArray labels, INDArray preOutput, IActivation activation, @Nullable INDArray mask) {
        throw new UnsupportedOperationException(name
                + " compares the rows of a batch with each other and has no score for one of them; use score(data)");
    }

    /**
     * The gradient with respect to what comes before the activation; times the examples, for Deeplearning4j divides by them.
     *
     * @throws IllegalArgumentException as {@link #computeScore}
     * @throws IllegalStateException as {@link #computeScore}
     */
    @Override
    public INDArray computeGradient(
            INDArray labels, INDArray preOutput, IActivation activation, @Nullable INDArray mask) {
        check(preOutput, mask);
        INDArray embeddings = embeddings(preOutput, activation);
        INDArray gradient = Nd4j.createUninitialized(DataType.FLOAT, embeddings.shape(), 'c');
        last = new Last(new WeakReference<>(preOutput), run(embeddings, gradient));
        gradient.muli(stacked ? preOutput.size(0) : preOutput.size(0) / inputs);
        if (activation instanceof ActivationIdentity) {
            return gradient;
        }
        return activation.backprop(preOutput.dup(), gradient).getFirst();
    }

    @Override
    public Pair<Double, INDArray> computeGradientAndScore(
            INDArray labels, INDArray preOutput, IActivation activation, @Nullable INDArray mask, boolean average) {
        INDArray gradient = computeGradient(labels, preOutput, activation, mask);
        return new Pair<>(computeScore(labels, preOutput, activation, mask, average), gradient);
    }

    private void check(INDArray preOutput, @Nullable INDArray mask) {
        if (mask != null) {
            throw new IllegalArgumentException(
                    name + ": expected no mask, got one; leave the masked rows out of the batch");
        }
        BorrowedArray.check("preOutput", preOutput);
        if (preOutput.size(0) % inputs != 0) {
            throw new IllegalArgumentException(name + ": expected a multiple of " + inputs
                    + " rows, the inputs of the loss below each other, got " + preOutput.size(0)
                    + "; stack them with a StackVertex");
        }
    }

    private static INDArray embeddings(INDArray preOutput, IActivation activation) {
        boolean identity = activation instanceof ActivationIdentity;
        return BorrowedArray.rowMajor(identity ? preOutput : activation.getActivation(preOutput.dup(), true));
    }

    /** The loss; with its gradient if there is an array for it, row-major, of which targets get zeros. */
    private double run(INDArray embeddings, @Nullable INDArray gradient) {
        TrainerLoss ours = loss;
        if (ours == null) {
            throw new IllegalStateException(
                    name + ": this network was loaded, and the settings of its loss are in no file;"
                            + " give its loss layer a new GramianLoss before training");
        }
        return SharedBlas.run(() -> {
            try (Scope scope = Scope.open()) {
                List<Tensor> parts = parts(embeddings, inputs);
                if (gradient == null) {
                    return ours.value(parts, steps.get());
                }
                List<Tensor> gradients = parts(gradient, inputs);
                int trained = ours.trained(inputs);
                gradients.subList(trained, inputs).forEach(rest -> rest.fill(0));
                return ours.valueAndGradient(parts, gradients.subList(0, trained), steps.getAndIncrement());
            }
        });
    }

    private static List<Tensor> parts(INDArray stacked, int count) {
        Tensor all = BorrowedArray.wrap(stacked);
        long rows = stacked.size(0) / count;
        List<Tensor> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(all.rows(i * rows, (i + 1) * rows));
        }
        return parts;
    }
}
