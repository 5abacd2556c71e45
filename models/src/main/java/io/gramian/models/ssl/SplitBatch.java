package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Concatenate;
import io.gramian.autograd.nn.Generator;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Shuffled batch norm for one process: a batch passes the network in groups with batch statistics of their own, as on several
 * devices, and keys are shuffled between the groups, so that a query cannot know its key by the statistics that it shares with
 * it. Source: MoCo (arXiv 1911.05722), section 3.3; {@code facebookresearch/moco: moco/builder.py}, and the split batch norm
 * of its CIFAR-10 notebook. Running statistics take one step for each group.
 *
 * @param groups 1: the whole batch at once, in its order
 * @param seed of the shuffles
 */
record SplitBatch(int groups, long seed) {
    private static final String KEY = "shuffle.groups";

    static Setting setting(long groups) {
        return Setting.integer(
                KEY, groups, 1, 1 << 16, "groups of a batch with statistics of their own, keys shuffled between them");
    }

    static SplitBatch of(Setup setup) {
        return new SplitBatch(setup.settings().small(KEY), setup.settings().integer("seed"));
    }

    /** Checks that groups have at least two images and the same number each, and that nothing else shares statistics. */
    static void check(Settings settings) {
        if (BatchStatistics.of(settings) != BatchStatistics.SEPARATE) {
            throw new ConfigException("batch_statistics must be separate for a momentum encoder with a queue, got "
                    + settings.text("batch_statistics") + "; " + KEY + " says how images share batch statistics");
        }
        long parts = settings.has("accumulate") ? settings.integer("accumulate") : 1;
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

    /** The same with groups of images drawn for this step and what it is drawn for; results in the images' order. */
    Tensor keys(Tensor images, UnaryOperator<Variable> body, long draw) {
        if (groups == 1) {
            return body.apply(Variable.constant(images)).value();
        }
        int[] order = order(images.shape().size(0), draw);
        Tensor shuffled = Tensor.empty(images.device(), images.shape().toArray());
        for (int i = 0; i < order.length; i++) {
            copyRow(images, order[i], shuffled, i);
        }
        Tensor results = queries(shuffled, body).value();
        Tensor restored = Tensor.empty(results.device(), results.shape().toArray());
        for (int i = 0; i < order.length; i++) {
            copyRow(results, i, restored, order[i]);
        }
        return restored;
    }

    /** A permutation of 0 .. n-1 (Fisher and Yates), a function of seed and draw. */
    int[] order(long n, long draw) {
        Generator generator = Generator.of(seed).split(draw);
        int[] order = new int[Math.toIntExact(n)];
        for (int i = 0; i < order.length; i++) {
            int j = (int) (generator.uniform(i) * (i + 1));
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    private static void copyRow(Tensor from, long row, Tensor to, long place) {
        try (Tensor source = from.rows(row, row + 1);
                Tensor target = to.rows(place, place + 1)) {
            target.copyFrom(source);
        }
    }
}
