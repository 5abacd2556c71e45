package io.gramian.models.eval;

import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Probes;
import java.util.stream.IntStream;

/**
 * Linear probe: multinomial logistic regression on frozen features,
 * {@code min_W,b mean_i -log softmax(x_i W + b)[label_i] + (decay / 2) |W|^2} on standardised features.
 *
 * <p>Not the stochastic recipes of the papers (learning rates from 0.1 to 30 for the same features), but the minimum
 * itself, by full-batch L-BFGS: no learning rate to tune, so that trained, untrained and raw-pixel features get the
 * same, fair treatment. The decay is the one of {@link #DECAYS} that is right most often on every {@value #HOLD_OUT}th
 * training row when fitted to the others; the weights are then fitted to all training rows.
 *
 * <p>Time: some hundred passes of {@code 4 n d c} FLOP; memory: a standardised copy of the training features.
 */
public final class LinearProbe {
    /** Every how many training rows one is held out to choose the decay. */
    static final int HOLD_OUT = 6;
    /** Candidates for the decay, strongest first: each fit starts from the one before. */
    static final double[] DECAYS = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5};
    /** See {@link FeatureScale#standard}. */
    private static final double FLOOR = 0.1;

    // On raw pixels of Fashion-MNIST, accuracy stops moving (0.2 points) after this many steps from the previous decay.
    private static final int PATH_ITERATIONS = 25;
    private static final int ITERATIONS = 50;
    private static final double TOLERANCE = 1e-3;

    private LinearProbe() {}

    /**
     * What the probe found.
     *
     * @param accuracy share of test rows that are classified rightly, in [0, 1]
     * @param decay the weight decay that was chosen
     * @param trainAccuracy the same share of the training rows
     * @param trainLoss mean cross-entropy on the training rows, in nats, without the decay
     */
    public record Result(double accuracy, double decay, double trainAccuracy, double trainLoss) {}

    /**
     * Fits on training rows and counts right answers on test rows.
     *
     * @param train features (n, d), float32, n at least {@value #HOLD_OUT}
     * @param trainLabels their classes, each in [0, classes)
     * @param test features (m, d), m at least 1
     * @param testLabels their classes
     * @param classes number of classes
     * @throws IllegalArgumentException if shapes or labels do not fit
     * @throws GramianException if features are NaN or infinite
     */
    public static Result evaluate(Tensor train, int[] trainLabels, Tensor test, int[] testLabels, int classes) {
        check(train, trainLabels, test, testLabels, classes);
        try (Scope scope = Scope.open()) {
            int n = trainLabels.length;
            int[] order = heldOutLast(n);
            int fitted = n - n / HOLD_OUT;
            FeatureScale scale = FeatureScale.standard(train, FLOOR);
            Tensor x = scale.apply(train, order);
            int[] labels = IntStream.of(order).map(i -> trainLabels[i]).toArray();
            Tensor y = Tensor.ofInts(train.device(), labels, n);
            SoftmaxFit part = new SoftmaxFit(x.rows(0, fitted), y.rows(0, fitted), classes);
            Tensor heldOut = x.rows(fitted, n);
            Tensor heldOutLabels = y.rows(fitted, n);
            double decay = 0;
            long most = -1;
            double[] best = new double[0];
            for (double candidate : DECAYS) {
                part.minimise(candidate, PATH_ITERATIONS, TOLERANCE);
                long correct = part.score(heldOut, heldOutLabels).correct();
                if (correct > most) {
                    most = correct;
                    decay = candidate;
                    best = part.parameters();
                }
            }
            SoftmaxFit all = new SoftmaxFit(x, y, classes).startAt(best);
            all.minimise(decay, ITERATIONS, TOLERANCE);
            Probes.Fit onTrain = all.score(x, y);
            if (!Double.isFinite(onTrain.loss())) {
                throw notFinite();
            }
            int m = testLabels.length;
            Tensor scaledTest = scale.apply(test, IntStream.range(0, m).toArray());
            Probes.Fit onTest = all.score(scaledTest, Tensor.ofInts(test.device(), testLabels, m));
            return new Result((double) onTest.correct() / m, decay, (double) onTrain.correct() / n, onTrain.loss());
        }
    }

    /** Throws unless these are what a probe fits and is scored on. */
    static void check(Tensor train, int[] trainLabels, Tensor test, int[] testLabels, int classes) {
        Check.matrix("train", train);
        Check.matrix("test", test);
        Check.atLeast("rows of train", train.shape().size(0), HOLD_OUT);
        Check.atLeast("rows of test", test.shape().size(0), 1);
        Check.shape("test", test, test.shape().size(0), train.shape().size(1));
        Labels.check(trainLabels, train.shape().size(0), classes);
        Labels.check(testLabels, test.shape().size(0), classes);
    }

    /** The error for features that no weights fit. */
    static GramianException notFinite() {
        return new GramianException("linear probe: expected finite features, got NaN or infinity; look at the loss"
                + " of the run: it probably diverged");
    }

    private static int[] heldOutLast(int n) {
        return IntStream.concat(
                        IntStream.range(0, n).filter(i -> i % HOLD_OUT != HOLD_OUT - 1),
                        IntStream.range(0, n).filter(i -> i % HOLD_OUT == HOLD_OUT - 1))
                .toArray();
    }
}
