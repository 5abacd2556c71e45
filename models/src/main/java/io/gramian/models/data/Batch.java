package io.gramian.models.data;

import io.gramian.Tensor;
import java.util.List;

/** The views of one training step. Close it when the step is done: its memory then serves a later batch. */
public final class Batch implements AutoCloseable {
    private final List<Tensor> views;
    private final int[] indices;
    private final long step;
    private final int epoch;
    private final Runnable giveBack;
    private boolean closed;

    Batch(List<Tensor> views, int[] indices, long step, int epoch, Runnable giveBack) {
        this.views = views;
        this.indices = indices;
        this.step = step;
        this.epoch = epoch;
        this.giveBack = giveBack;
    }

    /** One float32 tensor (n, height, width, channels) a view, normalised; row i of each shows image {@code indices()[i]}. */
    public List<Tensor> views() {
        if (closed) {
            throw new IllegalStateException("this batch was closed; its memory serves another");
        }
        return views;
    }

    /** Positions of the images in the data set; not to be changed. */
    public int[] indices() {
        return indices;
    }

    /** Number of the step, counted from 0 over all epochs. */
    public long step() {
        return step;
    }

    /** Number of the epoch, from 0. */
    public int epoch() {
        return epoch;
    }

    /** Gives the memory back to the loader. Closing twice does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            giveBack.run();
        }
    }
}
