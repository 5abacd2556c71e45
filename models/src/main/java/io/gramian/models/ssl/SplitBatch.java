package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Concatenate;
import io.gramian.autograd.nn.Generator;
import io.gramian.backend.LinearAlgebra;
import io.gramian.backend.Permutations;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Shuffled batch norm for one process: a batch passes the network in groups with batch statistics of their own, as on several
 * devices, and keys are shuffled between the groups, so that a query cannot know its key by the statistics that it shares with
 * it. Source: MoCo (arXiv 1911.05722), section 3.3; {@code facebookresearch/moco: moco/builder.py}, and the split batch norm
 * of its CIFAR-10 notebook. Running statistics take one step for each group.
 *
 * <p>The shuffles of a step are drawn when it begins and lie in the memory of the device, so that all steps make the same
 * calls: they can be captured.
 */
final class SplitBatch implements AutoCloseable {
    private static final String KEY = "shuffle.groups";

    private final int groups;
    private final long seed;
    /** Those of a step; null where each is drawn when it is asked for. */
    private final @Nullable Permutations shuffles;
    /** How many a step has. */
    private final int count;
    /** What the first of them is drawn for. */
    private long first;

    private SplitBatch(int groups, long seed, @Nullable Permutations shuffles, int count) {
        this.groups = groups;
        this.seed = seed;
        this.shuffles = shuffles;
        this.count = count;
    }

    /**
     * Groups of a batch, shuffled as they are asked for.
     *
     * @param groups 1: the whole batch at once, in its order
     * @param seed of the shuffles
     */
    SplitBatch(int groups, long seed) {
        this(groups, seed, null, 0);
    }

    /** Groups as the settings have them, with so many shuffles for each part of a batch, whose draws count on over all steps. */
    static SplitBatch of(Setup setup, int shufflesOfPart) {
        Settings settings = setup.settings();
        int groups = settings.small(KEY);
        long seed = settings.integer("seed");
        if (groups == 1) {
            return new SplitBatch(groups, seed);
        }
        int parts = parts(settings);
        int count = Math.multiplyExact(parts, shufflesOfPart);
        int images = settings.small("batch") / parts;
        int[] rows = orders(seed, images, 0, count);
        return new SplitBatch(groups, seed, new Permutations(setup.device(), count, images, rows), count);
    }

    private static int parts(Settings settings) {
        return settings.has("accumulate") ? settings.small("accumulate") : 1;
    }

    static Setting setting(long groups) {
        return Setting.integer(
                KEY, groups, 1, 1 << 16, "groups of a batch with statistics of their own, keys shuffled between them");
    }

    /** Checks that groups have at least two images and the same number each, and that nothing else shares statistics. */
    static void check(Settings settings) {
        if (BatchStatistics.of(settings) != BatchStatistics.SEPARATE) {
            throw new ConfigException("batch_statistics must be separate for a momentum encoder with a queue, got "
                    + settings.text("batch_statistics") + "; " + KEY + " says how images share batch statistics");
        }
        long parts = parts(settings);
        long batch = settings.integer("batch") / parts;
        long groups = settings.integer(KEY);
        if (batch % groups != 0 || batch / groups < 2) {
            throw new ConfigException(KEY + " must divide the " + (parts == 1 ? "batch" : "part") + " of " + batch
                    + " images into groups of 2 or more, got " + groups + "; for example --set " + KEY + "=1");
        }
    }

    /** Images through a body, group by group, in their order. */
    Variable queries(Tensor images, UnaryOperator<Variable> body) {
        if (groups == 1) {
            return body.apply(Variable.constant(images));
        }
        long size = images.shape().size(0) / groups;
        List<Variable> parts = new ArrayList<>();
        for (int g = 0; g < groups; g++) {
            parts.add(body.apply(Variable.constant(images.rows(g * size, (g + 1) * size))));
        }
        return Concatenate.apply(parts);
    }

    /** Draws the shuffles of a step, before it. */
    void begin(long step) {
        if (shuffles != null) {
            first = step * count;
            shuffles.set(orders(seed, shuffles.length(), first, count));
        }
    }

    /** The same with groups of images drawn for this step and what it is drawn for; results in the images' order. */
    Tensor keys(Tensor images, UnaryOperator<Variable> body, long draw) {
        if (groups == 1) {
            return body.apply(Variable.constant(images)).value();
        }
        int n = Math.toIntExact(images.shape().size(0));
        if (shuffles != null && shuffles.length() == n && draw >= first && draw - first < count) {
            return shuffled(images, body, shuffles, (int) (draw - first));
        }
        try (Permutations now = new Permutations(images.device(), 1, n, orders(seed, n, draw, 1))) {
            return shuffled(images, body, now, 0);
        }
    }

    private Tensor shuffled(Tensor images, UnaryOperator<Variable> body, Permutations order, int which) {
        LinearAlgebra algebra = images.device().backend().linearAlgebra();
        Tensor mixed = Tensor.empty(images.device(), images.shape().toArray());
        algebra.permuteRows(order, which, false, images, mixed);
        Tensor results = queries(mixed, body).value();
        Tensor restored = Tensor.empty(results.device(), results.shape().toArray());
        algebra.permuteRows(order, which, true, results, restored);
        return restored;
    }

    /** A permutation of 0 .. n-1 (Fisher and Yates), a function of seed and draw. */
    int[] order(long n, long draw) {
        return orders(seed, Math.toIntExact(n), draw, 1);
    }

    /** Those of so many draws, one behind the other. */
    private static int[] orders(long seed, int n, long draw, int count) {
        int[] orders = new int[Math.multiplyExact(n, count)];
        for (int k = 0; k < count; k++) {
            Generator generator = Generator.of(seed).split(draw + k);
            int at = k * n;
            for (int i = 0; i < n; i++) {
                int j = (int) (generator.uniform(i) * (i + 1));
                orders[at + i] = orders[at + j];
                orders[at + j] = i;
            }
        }
        return orders;
    }

    @Override
    public void close() {
        if (shuffles != null) {
            shuffles.close();
        }
    }
}
