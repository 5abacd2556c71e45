package io.gramian.models.collapse;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.nn.Generator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The experiments on Gaussian points. */
public final class ToyExperiments {
    /** Variances k of the augmentation in {@link #augmentationFlow}; points differ by variance 1. */
    public static final List<Double> VARIANCES = List.of(0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0);
    /** Standard deviations of the augmentation in {@link #augmentationCode}. */
    public static final List<Double> DEVIATIONS = List.of(0.01, 0.5, 1.0, 1.5, 2.0);
    /** Numbers of layers in {@link #depths}. */
    public static final List<Integer> DEPTHS = List.of(1, 2, 3, 4);

    private static final double CODE_RATE = 0.001;
    private static final double DEEP_RATE = 0.01;
    private static final double SPREAD_RATE = 0.02;
    private static final float SPREAD_TEMPERATURE = 0.5f;
    private static final double WEAK = 0.001;
    /** Singular values of the two layers start as exp(-0.35 k). */
    private static final double DECAY = 0.35;
    /** Their largest where the points have unequal variances: what they start with is then soon forgotten. */
    private static final double SMALL = 0.3;
    /** Standard deviations exp(-0.1 k) of points with unequal variances. */
    private static final double UNEQUAL = 0.1;

    private final Device device;
    private final ToySettings settings;
    private final Generator generator;

    /** Experiments with these settings. */
    public ToyExperiments(Device device, ToySettings settings) {
        this.device = device;
        this.settings = settings;
        this.generator = Generator.of(settings.seed());
    }

    /**
     * Section 4: one linear layer on the paper's loss, the second half of the coordinates augmented with variance k.
     *
     * @return for each of {@link #VARIANCES} the singular values over time
     */
    public List<List<double[]>> augmentationFlow() {
        // independent runs of plain Java, one on each core
        return VARIANCES.parallelStream()
                .map(k -> new AugmentationFlow(settings.dimensions(), settings.batch() / 2, k, generator.split(1))
                        .run(settings.steps(), settings.snapshots()))
                .collect(Collectors.toList());
    }

    /** Numbers of the steps that {@link #augmentationFlow} measured. */
    public long[] measuredSteps() {
        long[] steps = new long[settings.snapshots() + 1];
        Arrays.setAll(steps, i -> (long) i * settings.steps() / settings.snapshots());
        return steps;
    }

    /**
     * The same experiment as in the authors' code: unnormalised dot products, noise in both views.
     *
     * @param deviation standard deviation of the noise on the second half of the coordinates
     */
    public ToyHistory augmentationCode(double deviation) {
        Generator own = generator.split(2);
        double[] deviations = new double[settings.dimensions()];
        Arrays.fill(deviations, settings.dimensions() / 2, settings.dimensions(), deviation);
        try (ToyNetwork network = ToyNetwork.oneLayer(device, settings.dimensions(), own.split(0));
                GaussianViews views = views(ones(), deviations, own.split(1))) {
            return new ToyTraining(settings, network, views).run(CODE_RATE);
        }
    }

    /** Section 5 as in the authors' code: two linear layers under weak augmentation; small singular values stay behind. */
    public ToyHistory twoLayers() {
        Generator own = generator.split(3);
        List<Tensor> weights = List.of(decaying(1, own.split(0)), decaying(1, own.split(1)));
        try (ToyNetwork network = ToyNetwork.of(weights, false);
                GaussianViews views = views(ones(), weak(), own.split(2))) {
            return new ToyTraining(settings, network, views).run(DEEP_RATE);
        }
    }

    /**
     * The same for points whose coordinates have variances of their own, from smaller weights: the singular values that survive
     * are then different ones, so that their vectors are unique and can align one by one.
     */
    public ToyHistory twoLayersUnequal() {
        Generator own = generator.split(4);
        double[] deviations = new double[settings.dimensions()];
        Arrays.setAll(deviations, k -> Math.exp(-UNEQUAL * k));
        List<Tensor> weights = List.of(decaying(SMALL, own.split(0)), decaying(SMALL, own.split(1)));
        try (ToyNetwork network = ToyNetwork.of(weights, false);
                GaussianViews views = views(deviations, weak(), own.split(2))) {
            return new ToyTraining(settings.withTemperature(SPREAD_TEMPERATURE), network, views).run(SPREAD_RATE);
        }
    }

    /**
     * Figure 7: so many layers under weak augmentation.
     *
     * @param depth number of layers
     * @param rectified whether a ReLU stands between two layers
     */
    public ToyHistory depths(int depth, boolean rectified) {
        Generator own = generator.split(5);
        int d = settings.dimensions();
        List<Tensor> weights = new ArrayList<>();
        for (int layer = 0; layer < depth; layer++) {
            weights.add(own.split(layer).uniform(device, 1 / Math.sqrt(d), d, d));
        }
        try (ToyNetwork network = ToyNetwork.of(weights, rectified);
                GaussianViews views = views(ones(), weak(), own.split(-1))) {
            return new ToyTraining(settings, network, views).run(DEEP_RATE);
        }
    }

    private GaussianViews views(double[] spread, double[] noise, Generator own) {
        return new GaussianViews(device, settings.points(), settings.batch(), spread, noise, own);
    }

    private double[] ones() {
        double[] ones = new double[settings.dimensions()];
        Arrays.fill(ones, 1);
        return ones;
    }

    private double[] weak() {
        double[] deviations = new double[settings.dimensions()];
        Arrays.fill(deviations, WEAK);
        return deviations;
    }

    /** {@code U diag(largest exp(-0.35 k)) V^T} with random orthogonal U and V. */
    private Tensor decaying(double largest, Generator own) {
        int d = settings.dimensions();
        double[] u = orthogonal(own.split(0), d);
        double[] v = orthogonal(own.split(1), d);
        float[] w = new float[d * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double sum = 0;
                for (int k = 0; k < d; k++) {
                    sum += u[i * d + k] * largest * Math.exp(-DECAY * k) * v[j * d + k];
                }
                w[i * d + j] = (float) sum;
            }
        }
        return Tensor.of(device, w, d, d);
    }

    /** The orthogonal part of a Gaussian matrix: uniform over all rotations and reflections. */
    private static double[] orthogonal(Generator own, int d) {
        double[] gaussian = new double[d * d];
        for (int i = 0; i < gaussian.length; i++) {
            gaussian[i] = own.normal(i);
        }
        return SmallSvd.of(gaussian, d).u();
    }
}
