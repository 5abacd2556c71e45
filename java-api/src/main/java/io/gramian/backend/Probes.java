package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** What an evaluation on frozen features needs: nearest rows and multinomial logistic regression. */
public final class Probes {
    private final Stream stream;

    Probes(Stream stream) {
        this.stream = stream;
    }

    /**
     * Mean loss and right answers of a {@link #softmaxRegression} pass.
     *
     * @param loss mean cross-entropy in nats
     * @param correct rows whose largest logit is that of their label, ties to the smallest class
     */
    public record Fit(double loss, long correct) {}

    /**
     * The k largest {@code s_ij = <q_i, x_j> + bias_j} of each query, best first, equal scores by index. With
     * {@code bias_j = -|x_j|^2 / 2} these are the nearest keys by Euclidean distance. NaN is never chosen: places that
     * no key takes hold index -1 and score -infinity. Time {@code 2 m n d} FLOP; the (m, n) scores are never stored.
     *
     * @param queries (m, d)
     * @param keys (n, d)
     * @param bias (n), or null for none
     * @param index receives the keys' numbers (m, k), int32
     * @param score receives their scores (m, k)
     */
    public void nearestRows(Tensor queries, Tensor keys, @Nullable Tensor bias, Tensor index, Tensor score) {
        Check.matrix("queries", queries);
        Check.matrix("keys", keys);
        long m = queries.shape().size(0);
        long d = queries.shape().size(1);
        long n = keys.shape().size(0);
        Check.shape("keys", keys, n, d);
        Check.matrix("score", score);
        long k = score.shape().size(1);
        Check.shape("score", score, m, k);
        Check.dtype("index", index, DType.INT32);
        Check.sameShape("index", index, "score", score);
        if (k > n || n > Integer.MAX_VALUE || d > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "nearestRows: expected k of at most the number of keys " + n + " (below 2^31), got " + k);
        }
        if (bias != null) {
            Check.shape("bias", bias, n);
        }
        Check.disjoint("score", score, "queries", queries);
        Check.disjoint("score", score, "keys", keys);
        stream.run((kernels, context) -> kernels.gramian_nearest_rows(
                context,
                m,
                n,
                d,
                queries.address(),
                keys.address(),
                bias == null ? 0 : bias.address(),
                k,
                index.address(),
                score.address()));
        index.touch();
        score.touch();
    }

    /**
     * Mean cross-entropy {@code -mean_i log softmax(x_i W + b)[label_i]} and, if {@code dw} is given, its gradients.
     * Time {@code 4 n d c} FLOP in one pass over x.
     *
     * @param x (n, d), n at least 1
     * @param labels (n), int32, each in [0, c)
     * @param w (d, c)
     * @param b (c)
     * @param dw receives the gradient of w (d, c), or null for the value alone
     * @param db receives the gradient of b (c), null exactly if {@code dw} is
     */
    public Fit softmaxRegression(
            Tensor x, Tensor labels, Tensor w, Tensor b, @Nullable Tensor dw, @Nullable Tensor db) {
        Check.matrix("x", x);
        Check.matrix("w", w);
        long n = x.shape().size(0);
        long d = x.shape().size(1);
        long c = w.shape().size(1);
        Check.atLeast("rows of x", n, 1);
        Check.atLeast("classes", c, 1);
        Check.shape("w", w, d, c);
        Check.shape("b", b, c);
        checkLabels(labels, n, c);
        if ((dw == null) != (db == null)) {
            throw new IllegalArgumentException("dw, db: expected both or neither");
        }
        if (dw != null && db != null) {
            Check.shape("dw", dw, d, c);
            Check.shape("db", db, c);
            Check.disjoint("dw", dw, "w", w);
            Check.disjoint("db", db, "b", b);
        }
        try (Tensor fit = Tensor.empty(x.device(), DType.UINT8, Double.BYTES + Long.BYTES)) {
            long at = fit.address();
            stream.run((kernels, context) -> kernels.gramian_softmax_regression(
                    context,
                    n,
                    d,
                    c,
                    x.address(),
                    labels.address(),
                    w.address(),
                    b.address(),
                    at,
                    at + Double.BYTES,
                    dw == null ? 0 : dw.address(),
                    db == null ? 0 : db.address()));
            if (dw != null && db != null) {
                dw.touch();
                db.touch();
            }
            ByteBuffer answer = ByteBuffer.allocate(Double.BYTES + Long.BYTES).order(ByteOrder.nativeOrder());
            fit.getBytes(0, answer);
            return new Fit(answer.getDouble(0), answer.getLong(Double.BYTES));
        }
    }

    private static void checkLabels(Tensor labels, long n, long c) {
        Check.dtype("labels", labels, DType.INT32);
        if (labels.shape().rank() != 1 || labels.elements() != n) {
            throw new IllegalArgumentException("labels: expected shape (" + n + "), got " + labels.shape());
        }
        int[] values = labels.toInts();
        for (int i = 0; i < values.length; i++) {
            if (values[i] < 0 || values[i] >= c) {
                throw new IllegalArgumentException(
                        "labels: expected classes from 0 to " + (c - 1) + ", got " + values[i] + " at row " + i);
            }
        }
    }
}
