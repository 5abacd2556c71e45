package io.gramian.models.eval;

import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.optim.WarmupCosine;
import io.gramian.backend.Check;
import io.gramian.backend.Optimizers;
import io.gramian.backend.Probes;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Linear probe as the papers train it: SGD with momentum and a cosine to 0 on frozen features, which are computed once and kept.
 * The papers differ by a factor of hundreds in the learning rate (30 in MoCo, 0.1 batch / 256 in SimCLR, 0.3 in Barlow Twins and
 * VICReg), since it depends on the scale of the features; here the rate is the one of {@link #RATES} that is right most often on
 * every {@value LinearProbe#HOLD_OUT}th training row after a fifth of the epochs on the others. Test rows take no part in that.
 *
 * <p>Features stay as they are: neither scaled nor centred, without augmentation. Rows are dealt to batches once, by the seed; an
 * epoch visits the batches in an order of its own. {@link LinearProbe} has the minimum that this approaches.
 *
 * <p>Time: {@code 4 n d c} FLOP an epoch, some two hundred epochs; memory: a copy of the training features.
 */
public final class SgdProbe {
    /** Candidates for the learning rate of a batch of 256. */
    static final double[] RATES = {0.03, 0.1, 0.3, 1, 3, 10, 30};

    private static final int BATCH_OF_RATES = 256;
    private static final int SHARE_OF_EPOCHS = 5;

    private SgdProbe() {}

    /**
     * How it is trained.
     *
     * @param epochs passes over the training rows, at least 1
     * @param batch rows a step, at least 1
     * @param momentum in [0, 1)
     * @param weightDecay at least 0; of weights and offsets
     * @param seed of batches and their order
     */
    public record Settings(int epochs, int batch, double momentum, double weightDecay, long seed) {
        /** Checks the ranges. */
        public Settings {
            Check.atLeast("epochs", epochs, 1);
            Check.atLeast("batch", batch, 1);
            Check.nonNegative("weightDecay", weightDecay);
            if (!(momentum >= 0 && momentum < 1)) {
                throw new IllegalArgumentException("momentum: expected a number from 0 to below 1, got " + momentum);
            }
        }

        /** 100 epochs, batches of 256, momentum 0.9, no decay: MoCo's, VICReg's and Barlow Twins' but for the rate. */
        public static Settings defaults() {
            return new Settings(100, 256, 0.9, 0, 0);
        }
    }

    /**
     * What the probe found.
     *
     * @param accuracy share of test rows that are classified rightly, in [0, 1]
     * @param learningRate the rate that was chosen, for batches of 256
     */
    public record Result(double accuracy, double learningRate) {}

    /**
     * Trains on training rows and counts right answers on test rows.
     *
     * @param train features (n, d), float32, n at least {@value LinearProbe#HOLD_OUT}
     * @param trainLabels their classes, each in [0, classes)
     * @param test features (m, d), m at least 1
     * @param testLabels their classes
     * @param classes number of classes
     * @throws IllegalArgumentException if shapes or labels do not fit
     * @throws io.gramian.GramianException if no learning rate keeps the loss finite: features are NaN or infinite
     */
    public static Result evaluate(
            Tensor train, int[] trainLabels, Tensor test, int[] testLabels, int classes, Settings settings) {
        LinearProbe.check(train, trainLabels, test, testLabels, classes);
        int n = trainLabels.length;
        int[] order = order(n, settings.seed());
        int fitted = n - n / LinearProbe.HOLD_OUT;
        try (Scope scope = Scope.open()) {
            Tensor x = RowSelection.of(train, order);
            Tensor y = Tensor.ofInts(train.device(), pick(trainLabels, order), n);
            Settings brief = new Settings(
                    Math.max(1, settings.epochs() / SHARE_OF_EPOCHS),
                    settings.batch(),
                    settings.momentum(),
                    settings.weightDecay(),
                    settings.seed());
            double rate = Double.NaN;
            long most = -1;
            for (double candidate : RATES) {
                try (Scope trial = Scope.open()) {
                    Weights weights = fit(x.rows(0, fitted), y.rows(0, fitted), classes, brief, candidate);
                    Probes.Fit held = weights.score(x.rows(fitted, n), y.rows(fitted, n));
                    if (Double.isFinite(held.loss()) && held.correct() > most) {
                        most = held.correct();
                        rate = candidate;
                    }
                }
            }
            if (Double.isNaN(rate)) {
                throw LinearProbe.notFinite();
            }
            Probes.Fit onTest = fit(x, y, classes, settings, rate)
                    .score(test, Tensor.ofInts(test.device(), testLabels, testLabels.length));
            return new Result((double) onTest.correct() / testLabels.length, rate);
        }
    }

    /** Every {@value LinearProbe#HOLD_OUT}th row last, to be held out; both parts shuffled. */
    private static int[] order(int n, long seed) {
        Random random = new Random(seed);
        int every = LinearProbe.HOLD_OUT;
        int[] fitted = shuffled(IntStream.range(0, n).filter(i -> i % every != every - 1), random);
        int[] held = shuffled(IntStream.range(0, n).filter(i -> i % every == every - 1), random);
        return IntStream.concat(Arrays.stream(fitted), Arrays.stream(held)).toArray();
    }

    private static int[] shuffled(IntStream stream, Random random) {
        int[] values = stream.toArray();
        for (int i = values.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int value = values[i];
            values[i] = values[other];
            values[other] = value;
        }
        return values;
    }

    private static int[] pick(int[] labels, int[] order) {
        return IntStream.of(order).map(i -> labels[i]).toArray();
    }

    /** Weights (d, c) and offsets (c). */
    private record Weights(Tensor w, Tensor b) {
        Probes.Fit score(Tensor x, Tensor labels) {
            return x.device().backend().probes().softmaxRegression(x, labels, w, b, null, null);
        }
    }

    private static Weights fit(Tensor x, Tensor labels, int classes, Settings settings, double rate) {
        long n = x.shape().size(0);
        long d = x.shape().size(1);
        List<Tensor> values = List.of(Tensor.zeros(x.device(), d, classes), Tensor.zeros(x.device(), classes));
        List<Tensor> gradients = List.of(Tensor.empty(x.device(), d, classes), Tensor.empty(x.device(), classes));
        List<Tensor> momenta = List.of(Tensor.zeros(x.device(), d, classes), Tensor.zeros(x.device(), classes));
        int size = (int) Math.min(settings.batch(), n);
        int batches = Math.toIntExact(n / size);
        double peak = rate * size / BATCH_OF_RATES;
        WarmupCosine schedule = new WarmupCosine(peak, 0, (long) settings.epochs() * batches, 0);
        Optimizers optimizers = x.device().backend().optimizers();
        Random random = new Random(settings.seed() ^ 0x5DEECE66DL);
        long step = 0;
        for (int epoch = 0; epoch < settings.epochs(); epoch++) {
            for (int batch : shuffled(IntStream.range(0, batches), random)) {
                long from = (long) batch * size;
                // the last batch takes what is left over too
                long to = batch == batches - 1 ? n : from + size;
                try (Scope scope = Scope.open()) {
                    Probes.Fit fit = x.device()
                            .backend()
                            .probes()
                            .softmaxRegression(
                                    x.rows(from, to),
                                    labels.rows(from, to),
                                    values.get(0),
                                    values.get(1),
                                    gradients.get(0),
                                    gradients.get(1));
                    if (!Double.isFinite(fit.loss())) {
                        return new Weights(values.get(0).fill(Float.NaN), values.get(1));
                    }
                    optimizers.sgd(
                            Optimizers.Parameters.of(values, gradients, schedule.at(step++), settings.weightDecay()),
                            momenta,
                            settings.momentum(),
                            false);
                }
            }
        }
        return new Weights(values.get(0), values.get(1));
    }
}
