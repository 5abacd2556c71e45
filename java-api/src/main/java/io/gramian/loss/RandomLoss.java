package io.gramian.loss;

import io.gramian.Device;

/** A loss that draws at random in every step, and can draw before it: for steps that a device repeats without the host. */
public interface RandomLoss extends MultiViewLoss {
    /**
     * The loss with what a step draws, in memory of its own; closed by the caller.
     *
     * @param device of the views
     * @param n images of the views
     * @param d width of the embeddings
     * @param step what is drawn at first
     */
    Drawn drawn(Device device, long n, long d, long step);

    /** A loss with what it drew. */
    interface Drawn extends MultiViewLoss, AutoCloseable {
        /** Draws for another step, and brings it to the device without waiting for that. */
        void draw(long step);

        /** Frees what was drawn. */
        @Override
        void close();
    }
}
