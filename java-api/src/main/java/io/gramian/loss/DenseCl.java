package io.gramian.loss;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.CheckReturnValue;
import io.gramian.backend.ContrastiveKeys;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * DenseCL: MoCo's loss on whole images, and the same loss between the cells of feature maps that correspond.
 *
 * <pre>{@code
 * match_i = argmax_j cos(backbone query cell i, backbone key cell j)          within an image
 * dense   = InfoNCE of the dense query cells i, positive the dense key cell match_i, negatives the dense queue
 * L       = (1 - lambda) InfoNCE of the global queries, keys and queue + lambda dense
 * }</pre>
 *
 * <p>Only the global and the dense queries get gradients; matches are constants. Both InfoNCE terms are
 * {@link QueueInfoNce}.
 *
 * <p>Shapes: {@link Maps}. The loss is without unit and at least 0. Nothing but the gradients is modified. Time: that of
 * {@link QueueInfoNce} for n and for n cells queries, and {@code 2 n cells^2 channels} FLOP for the matches. Same input, same
 * bits, whatever the thread count.
 *
 * <p>Without images the loss is 0. Zero rows and NaN as in {@link QueueInfoNce}; a backbone cell that holds NaN matches the
 * first cell, and of equal cosines the first wins.
 *
 * <p>Source: Wang et al., Dense Contrastive Learning for Self-Supervised Visual Pre-Training (arXiv 2011.09157), equations 2
 * to 4; {@code WXinlong/DenseCL: openselfsup/models/densecl.py}.
 *
 * @param temperature divisor of the cosines, from 1e-30 to 1e30; 0.2 in the paper
 * @param lambda share of the dense term, from 0 to 1; 0.5 in the paper
 */
public record DenseCl(float temperature, float lambda) {
    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if the temperature is not a number from 1e-30 to 1e30 or lambda not from 0 to 1
     */
    public DenseCl {
        Check.temperature(temperature);
        if (!(lambda >= 0 && lambda <= 1)) {
            throw new IllegalArgumentException("lambda: expected a number from 0 to 1, got " + lambda);
        }
    }

    /**
     * What the loss reads. Cells of a map are rows, the maps of a batch below each other.
     *
     * @param globalQuery (n, d)
     * @param globalKey (n, d)
     * @param denseQuery (n cells, e), of the dense head
     * @param denseKey (n cells, e)
     * @param backboneQuery (n cells, channels), before the head
     * @param backboneKey (n cells, channels)
     * @param queue negatives of the global queries (length, d)
     * @param denseQueue negatives of the dense queries (length, e)
     */
    public record Maps(
            Tensor globalQuery,
            Tensor globalKey,
            Tensor denseQuery,
            Tensor denseKey,
            Tensor backboneQuery,
            Tensor backboneKey,
            Tensor queue,
            Tensor denseQueue) {
        /** The eight tensors in this order. */
        static Maps of(List<Tensor> all) {
            return new Maps(
                    all.get(0), all.get(1), all.get(2), all.get(3), all.get(4), all.get(5), all.get(6), all.get(7));
        }
    }

    /**
     * The parts of the loss, with their weights.
     *
     * @param global {@code (1 - lambda)} times the global term
     * @param dense {@code lambda} times the dense term
     */
    public record Terms(double global, double dense) {
        /** The loss. */
        public double loss() {
            return global + dense;
        }
    }

    /** Temperature 0.2, both terms halved. */
    public static DenseCl defaults() {
        return new DenseCl(0.2f, 0.5f);
    }

    /**
     * The loss, without any work for the gradients.
     *
     * @throws IllegalArgumentException unless the tensors are float32 matrices that fit
     */
    public Terms value(Maps maps) {
        return evaluate(maps, null, null).terms();
    }

    /**
     * The loss and its gradients.
     *
     * @param globalGradient receives that of the global queries (n, d)
     * @param denseGradient receives that of the dense queries (n cells, e)
     * @throws IllegalArgumentException unless the tensors are float32 matrices that fit, the gradients in memory of their own
     */
    public Terms valueAndGradient(Maps maps, Tensor globalGradient, Tensor denseGradient) {
        return evaluate(maps, globalGradient, denseGradient).terms();
    }

    /**
     * The loss on these tensors, checked once, to be computed as often as wanted from what they hold at that time.
     *
     * @param globalGradient receives that of the global queries (n, d); null, as {@code denseGradient}, for the value alone
     * @param denseGradient receives that of the dense queries (n cells, e)
     * @return computes the loss and overwrites the gradients; not for several threads at once
     * @throws IllegalArgumentException as {@link #valueAndGradient}
     */
    public DoubleSupplier on(Maps maps, @Nullable Tensor globalGradient, @Nullable Tensor denseGradient) {
        return evaluate(maps, globalGradient, denseGradient)::loss;
    }

    /** Both terms; that of the cells is missing where there are no images. */
    @CheckReturnValue
    private record Parts(Numbers global, @Nullable Numbers dense) {
        Terms terms() {
            return new Terms(global.value(), dense == null ? 0 : dense.value());
        }

        double loss() {
            return global.value() + (dense == null ? 0 : dense.value());
        }
    }

    private static void checkApart(Maps maps, Tensor globalGradient, Tensor denseGradient) {
        Check.disjoint("denseGradient", denseGradient, "globalGradient", globalGradient);
        Tensor[] inputs = {
            maps.globalQuery(), maps.globalKey(), maps.denseQuery(), maps.denseKey(),
            maps.backboneQuery(), maps.backboneKey(), maps.queue(), maps.denseQueue()
        };
        for (Tensor input : inputs) {
            Check.disjoint("globalGradient", globalGradient, "an input", input);
            Check.disjoint("denseGradient", denseGradient, "an input", input);
        }
    }

    /**
     * For each cell of the query maps, the row of its match among the key cells: int32 (n cells).
     *
     * @param cells of a map; divides the rows
     */
    public static Tensor matches(Tensor backboneQuery, Tensor backboneKey, long cells) {
        Check.matrix("backboneQuery", backboneQuery);
        Tensor match = Tensor.empty(
                backboneQuery.device(), DType.INT32, backboneQuery.shape().size(0));
        backboneQuery.device().backend().contrastiveKeys().denseMatch(backboneQuery, backboneKey, cells, match);
        return match;
    }

    /**
     * What enters the dense queue: the mean over the cells of each image, before any normalisation ({@link KeyQueue#enqueue}
     * normalises it).
     *
     * @param denseKey (n cells, e)
     * @param images n, a divisor of the rows
     * @return (n, e)
     */
    public static Tensor means(Tensor denseKey, long images) {
        Check.matrix("denseKey", denseKey);
        long cells = cells(denseKey, images);
        long e = denseKey.shape().size(1);
        try (Tensor maps = denseKey.reshape(images, cells, 1, e);
                Tensor means = Tensor.empty(denseKey.device(), images, 1, 1, e)) {
            denseKey.device().backend().network().averagePool(maps, cells, 1, 1, means);
            return means.reshape(images, e);
        }
    }

    private Parts evaluate(Maps maps, @Nullable Tensor globalGradient, @Nullable Tensor denseGradient) {
        if (globalGradient != null && denseGradient != null) {
            checkApart(maps, globalGradient, denseGradient);
        }
        Check.matrix("globalQuery", maps.globalQuery());
        Check.matrix("denseQuery", maps.denseQuery());
        Check.matrix("backboneQuery", maps.backboneQuery());
        long images = maps.globalQuery().shape().size(0);
        long rows = maps.denseQuery().shape().size(0);
        Check.shape("denseKey", maps.denseKey(), rows, maps.denseQuery().shape().size(1));
        Check.shape(
                "backboneQuery",
                maps.backboneQuery(),
                rows,
                maps.backboneQuery().shape().size(1));
        ContrastiveKeys room = maps.globalQuery().device().backend().contrastiveKeys();
        Numbers global = room.queueInfoNce(
                maps.globalQuery(), maps.globalKey(), null, maps.queue(), temperature, 1 - lambda, globalGradient);
        if (images == 0) {
            Check.shape(
                    "denseQuery",
                    maps.denseQuery(),
                    0,
                    maps.denseQuery().shape().size(1));
            return new Parts(global, null);
        }
        Numbers dense = room.denseInfoNce(
                maps.denseQuery(),
                maps.denseKey(),
                maps.backboneQuery(),
                maps.backboneKey(),
                cells(maps.denseQuery(), images),
                maps.denseQueue(),
                temperature,
                lambda,
                denseGradient);
        return new Parts(global, dense);
    }

    private static long cells(Tensor dense, long images) {
        long rows = dense.shape().size(0);
        if (images < 1 || rows % images != 0 || rows == 0) {
            throw new IllegalArgumentException(
                    "dense: expected as many cells for each of the " + images + " images, got " + rows + " rows");
        }
        return rows / images;
    }
}
