package io.gramian.loss;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.Random;

/**
 * MoCo's queue: the keys of the last batches, oldest overwritten first.
 *
 * <p>Rows of norm 1, float32 (length, d), and the row that the next batch starts at. A new queue holds random directions. A
 * batch that reaches beyond the last row goes on at the first. Not for several threads at once.
 *
 * <p>Source: {@code facebookresearch/moco: moco/builder.py}, {@code _dequeue_and_enqueue}; its queue is the transpose, and its
 * length a multiple of the batch.
 */
public final class KeyQueue implements AutoCloseable {
    private static final float EPS = 1e-12f;

    private final Tensor rows;
    private long position;

    private KeyQueue(Tensor rows, long position) {
        this.rows = rows;
        this.position = position;
    }

    /**
     * A queue of random directions.
     *
     * @param length rows, at least 1; 65536 in MoCo
     * @param d features of a key, at least 1; 128 in MoCo
     * @param seed of the directions
     */
    public static KeyQueue random(Device device, int length, int d, long seed) {
        Check.atLeast("length", length, 1);
        Check.atLeast("d", d, 1);
        Random random = new Random(seed);
        float[] values = new float[Math.multiplyExact(length, d)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        Tensor rows = Scope.detach(Tensor.of(device, values, length, d));
        normalize(rows, rows);
        return new KeyQueue(rows, 0);
    }

    /**
     * A queue as it was saved: takes over these rows, as they are.
     *
     * @param rows float32 (length, d), closed with this queue
     * @param position row that the next batch starts at
     */
    public static KeyQueue of(Tensor rows, long position) {
        Check.matrix("rows", rows);
        long length = rows.shape().size(0);
        return new KeyQueue(Scope.detach(rows), checked(position, length));
    }

    /** The keys (length, d). */
    public Tensor rows() {
        return rows;
    }

    /** Row that the next batch starts at. */
    public long position() {
        return position;
    }

    /**
     * Says where the next batch starts: with a batch of n rows in every step, at {@code step n % length}.
     *
     * @throws IllegalArgumentException unless there is such a row
     */
    public KeyQueue position(long row) {
        position = checked(row, rows.shape().size(0));
        return this;
    }

    private static long checked(long position, long length) {
        if (position < 0 || position >= length) {
            throw new IllegalArgumentException(
                    "position: expected from 0 to below the " + length + " rows, got " + position);
        }
        return position;
    }

    /**
     * Puts keys in place of the oldest, divided by their norms.
     *
     * @param keys float32 (n, d), n at most the length
     * @throws IllegalArgumentException for other shapes, or more keys than the queue has rows
     */
    public void enqueue(Tensor keys) {
        Check.matrix("keys", keys);
        long n = keys.shape().size(0);
        long length = rows.shape().size(0);
        Check.shape("keys", keys, n, rows.shape().size(1));
        if (n > length) {
            throw new IllegalArgumentException("keys: expected at most the " + length + " rows of the queue, got " + n
                    + "; use a longer queue or a smaller batch");
        }
        long first = Math.min(n, length - position);
        put(keys, 0, first, position);
        put(keys, first, n, 0);
        rows.touch();
        position = (position + n) % length;
    }

    private void put(Tensor keys, long from, long to, long row) {
        if (from < to) {
            try (Tensor part = keys.rows(from, to);
                    Tensor slot = rows.rows(row, row + to - from)) {
                normalize(part, slot);
            }
        }
    }

    private static void normalize(Tensor from, Tensor to) {
        try (Tensor norm = Tensor.empty(from.device(), from.shape().size(0))) {
            from.device().backend().normalization().normalizeRows(from, EPS, to, norm);
        }
    }

    @Override
    public void close() {
        rows.close();
    }
}
