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
        checkShapes(x, w, b, dw, db);
        long n = x.shape().size(0);
        Check.dtype("labels", labels, DType.INT32);
        if (labels.shape().rank() != 1 || labels.elements() != n) {
            throw new IllegalArgumentException("labels: expected shape (" + n + "), got " + labels.shape());
        }
        checkLabels(labels.toInts(), w.shape().size(1));
        return fit(x, labels, w, b, dw, db);
    }

    /**
     * The same with labels of the host, for whoever does not wait for the device: they are checked before they go there.
     *
     * @param labels n, each in [0, c)
     */
    public Deferred<Fit> softmaxRegression(
            Tensor x, int[] labels, Tensor w, Tensor b, @Nullable Tensor dw, @Nullable Tensor db) {
        checkShapes(x, w, b, dw, db);
        if (labels.length != x.shape().size(0)) {
            throw new IllegalArgumentException(
                    "labels: expected " + x.shape().size(0) + ", one for each row of x, got " + labels.length);
        }
        checkLabels(labels, w.shape().size(1));
        return Deferred.of(x.device(), () -> {
            try (Tensor there = Tensor.ofInts(x.device(), labels, labels.length)) {
                return fit(x, there, w, b, dw, db);
            }
        });
    }

    private static void checkShapes(Tensor x, Tensor w, Tensor b, @Nullable Tensor dw, @Nullable Tensor db) {
        Check.matrix("x", x);
        Check.matrix("w", w);
        long d = x.shape().size(1);
        long c = w.shape().size(1);
        Check.atLeast("rows of x", x.shape().size(0), 1);
        Check.atLeast("classes", c, 1);
        Check.shape("w", w, d, c);
        Check.shape("b", b, c);
        if ((dw == null) != (db == null)) {
            throw new IllegalArgumentException("dw, db: expected both or neither");
        }
        if (dw != null && db != null) {
            Check.shape("dw", dw, d, c);
            Check.shape("db", db, c);
            Check.disjoint("dw", dw, "w", w);
            Check.disjoint("db", db, "b", b);
        }
    }

    private static void checkLabels(int[] values, long c) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] < 0 || values[i] >= c) {
                throw new IllegalArgumentException(
                        "labels: expected classes from 0 to " + (c - 1) + ", got " + values[i] + " at row " + i);
            }
        }
    }

    private Fit fit(Tensor x, Tensor labels, Tensor w, Tensor b, @Nullable Tensor dw, @Nullable Tensor db) {
        // float64, and the bits of a whole number: read together, and later where a body is deferred
        try (Tensor fit = Tensor.empty(x.device(), DType.FLOAT64, 2)) {
            long at = fit.address();
            stream.run((kernels, context) -> kernels.gramian_softmax_regression(
                    context,
                    x.shape().size(0),
                    x.shape().size(1),
                    w.shape().size(1),
                    x.address(),
                    labels.address(),
                    w.address(),
                    b.address(),
                    at,
                    at + Double.BYTES,
                    Numbers.address(dw),
                    Numbers.address(db)));
            if (dw != null && db != null) {
                dw.touch();
                db.touch();
            }
            ByteBuffer answer = ByteBuffer.allocate(Double.BYTES + Long.BYTES).order(ByteOrder.nativeOrder());
            fit.getBytes(0, answer);
            return new Fit(answer.getDouble(0), answer.getLong(Double.BYTES));
        }
    }
}
