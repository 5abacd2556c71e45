package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import org.jspecify.annotations.Nullable;

/**
 * Contrastive losses of queries against keys that get no gradient: a queue, or the keys of a momentum
 * encoder. Arguments are checked at once; what gives {@link Numbers} runs its kernel when they do.
 */
@CheckReturnValue
public final class ContrastiveKeys {
    private final Stream stream;
    private final NativeArrays arrays;

    ContrastiveKeys(Stream stream) {
        this.stream = stream;
        this.arrays = stream.newArrays();
    }

    /**
     * InfoNCE of queries against their positive keys and a queue of negatives, and the gradient of the queries.
     *
     * @param queries (n, d), normalised inside
     * @param keys (m, d), normalised inside; row i, or {@code match[i]}, is the positive of query i
     * @param match int32 (n), each in [0, m); null for row i, then m = n
     * @param queue negatives (length, d), taken as they are: rows of norm 1
     * @param temperature divisor of the cosines
     * @param weight factor of loss and gradient
     * @param gradient receives that of the queries (n, d); null for the value alone
     * @return weight times the mean over the queries; 0 without queries or without negatives
     */
    public Numbers queueInfoNce(
            Tensor queries,
            Tensor keys,
            @Nullable Tensor match,
            Tensor queue,
            float temperature,
            float weight,
            @Nullable Tensor gradient) {
        check(queries, keys, match != null, queue, temperature, weight, gradient);
        if (match != null) {
            checkMatch(match, queries.shape().size(0), keys.shape().size(0));
        }
        return new Numbers(
                stream,
                1,
                (kernels, context, at) -> infoNce(
                        kernels,
                        context,
                        queries,
                        keys,
                        Numbers.address(match),
                        queue,
                        temperature,
                        weight,
                        at,
                        gradient),
                gradient);
    }

    /**
     * {@link #queueInfoNce} of the cells of feature maps, whose positives are found as in {@link #denseMatch}: the matches stay
     * on the device.
     *
     * @param queries (n cells, d), normalised inside
     * @param keys (n cells, d), normalised inside
     * @param a maps of the queries (n cells, channels)
     * @param b maps of the keys (n cells, channels)
     * @param cells of a map; divides the rows
     * @param queue negatives (length, d), taken as they are: rows of norm 1
     * @param temperature divisor of the cosines
     * @param weight factor of loss and gradient
     * @param gradient receives that of the queries (n cells, d); null for the value alone
     * @return weight times the mean over the queries; 0 without queries or without negatives
     */
    public Numbers denseInfoNce(
            Tensor queries,
            Tensor keys,
            Tensor a,
            Tensor b,
            long cells,
            Tensor queue,
            float temperature,
            float weight,
            @Nullable Tensor gradient) {
        check(queries, keys, true, queue, temperature, weight, gradient);
        Check.sameShape("keys", keys, "queries", queries);
        checkMaps(a, b, cells);
        long rows = queries.shape().size(0);
        Check.count("match", rows, a.shape().size(0));
        Matched matched = (kernels, context, at, match) -> {
            int status = kernels.gramian_dense_match(
                    context, rows / cells, cells, a.shape().size(1), a.address(), b.address(), match);
            return status == Kernels.GRAMIAN_OK
                    ? infoNce(kernels, context, queries, keys, match, queue, temperature, weight, at, gradient)
                    : status;
        };
        return new Numbers(
                stream, 1, (kernels, context, at) -> matching(matched, rows, kernels, context, at), gradient);
    }

    /** Kernel calls that use memory for matches. */
    @FunctionalInterface
    private interface Matched {
        int run(Kernels kernels, long context, long at, long match);
    }

    /** Lends int32 (rows) to a call: memory of the room where that is the device's, else a tensor. */
    private int matching(Matched call, long rows, Kernels kernels, long context, long at) {
        if (stream.memory().onHost()) {
            arrays.clear();
            int match = arrays.ints(rows);
            arrays.publish();
            return call.run(kernels, context, at, arrays.at(match));
        }
        try (Tensor match = stream.compute(() -> Tensor.empty(stream.device(), DType.INT32, rows))) {
            return call.run(kernels, context, at, match.address());
        }
    }

    private static void check(
            Tensor queries,
            Tensor keys,
            boolean matched,
            Tensor queue,
            float temperature,
            float weight,
            @Nullable Tensor gradient) {
        Check.matrix("queries", queries);
        Check.matrix("keys", keys);
        Check.matrix("queue", queue);
        Check.temperature(temperature);
        Check.nonNegative("weight", weight);
        long n = queries.shape().size(0);
        long d = queries.shape().size(1);
        Check.shape("keys", keys, matched ? keys.shape().size(0) : n, d);
        Check.shape("queue", queue, queue.shape().size(0), d);
        checkGradient(gradient, queries, keys, queue);
    }

    private static int infoNce(
            Kernels kernels,
            long context,
            Tensor queries,
            Tensor keys,
            long match,
            Tensor queue,
            float temperature,
            float weight,
            long at,
            @Nullable Tensor gradient) {
        return kernels.gramian_queue_info_nce(
                context,
                queries.shape().size(0),
                keys.shape().size(0),
                queue.shape().size(0),
                queries.shape().size(1),
                queries.address(),
                keys.address(),
                match,
                queue.address(),
                temperature,
                weight,
                at,
                Numbers.address(gradient));
    }

    /**
     * One direction of MoCo v3: {@code 2 temperature} times the InfoNCE of queries among the keys of the batch.
     *
     * @param queries (n, d), normalised inside
     * @param keys (n, d), normalised inside; row i is the positive of query i, the others are its negatives
     * @param temperature divisor of the cosines
     * @param gradient receives that of the queries (n, d); null for the value alone
     * @return the loss; 0 for n of 0 or 1
     */
    public Numbers mocoV3(Tensor queries, Tensor keys, float temperature, @Nullable Tensor gradient) {
        Check.matrix("queries", queries);
        Check.matrix("keys", keys);
        Check.sameShape("keys", keys, "queries", queries);
        Check.temperature(temperature);
        checkGradient(gradient, queries, keys, keys);
        return new Numbers(
                stream,
                1,
                (kernels, context, at) -> kernels.gramian_moco_v3(
                        context,
                        queries.shape().size(0),
                        queries.shape().size(1),
                        queries.address(),
                        keys.address(),
                        temperature,
                        at,
                        Numbers.address(gradient)),
                gradient);
    }

    /**
     * Correspondence of feature maps: for each cell of one map, the cell of the other map of the same image with the largest
     * cosine, the first of equals. A cell that holds NaN matches the first.
     *
     * @param a cells of n maps below each other (n cells, channels)
     * @param b the other maps, of the same shape
     * @param cells of a map; divides the rows
     * @param match receives for each row of a its row of b, int32 (n cells)
     */
    public void denseMatch(Tensor a, Tensor b, long cells, Tensor match) {
        checkMaps(a, b, cells);
        long rows = a.shape().size(0);
        Check.dtype("match", match, DType.INT32);
        Check.count("match", match.elements(), rows);
        stream.run((kernels, context) -> kernels.gramian_dense_match(
                context, rows / cells, cells, a.shape().size(1), a.address(), b.address(), match.address()));
        match.touch();
    }

    private static void checkMaps(Tensor a, Tensor b, long cells) {
        Check.matrix("a", a);
        Check.matrix("b", b);
        Check.sameShape("b", b, "a", a);
        long rows = a.shape().size(0);
        Check.atLeast("cells", cells, 1);
        if (rows % cells != 0 || rows > Integer.MAX_VALUE || a.shape().size(1) > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "cells: expected a divisor of the " + rows + " rows (below 2^31), got " + cells);
        }
    }

    private static void checkMatch(Tensor match, long n, long m) {
        Check.dtype("match", match, DType.INT32);
        Check.count("match", match.elements(), n);
        for (int row : match.toInts()) {
            if (row < 0 || row >= m) {
                throw new IllegalArgumentException("match: expected rows of the " + m + " keys, from 0 on, got " + row);
            }
        }
    }

    private static void checkGradient(@Nullable Tensor gradient, Tensor queries, Tensor keys, Tensor queue) {
        if (gradient != null) {
            Check.matrix("gradient", gradient);
            Check.sameShape("gradient", gradient, "queries", queries);
            Check.disjoint("gradient", gradient, "queries", queries);
            Check.disjoint("gradient", gradient, "keys", keys);
            Check.disjoint("gradient", gradient, "queue", queue);
        }
    }
}
