package io.gramian.models.collapse;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.nn.Generator;
import java.util.List;

/**
 * Normal points and, as augmentation, normal noise of a standard deviation for each coordinate. A view is a point plus
 * noise of its own. Points and noise come from pools that are drawn once; a batch is a window into each, whose place follows from
 * the step: the same step gives the same views.
 */
final class GaussianViews implements AutoCloseable {
    private static final int NOISE_ROWS = 1 << 14;

    private final Tensor points;
    private final Tensor noise;
    private final int batch;
    private final Generator places;

    /**
     * Draws the pools.
     *
     * @param points number of points, at least the batch
     * @param batch rows of a view
     * @param spread standard deviations of the points, one for each coordinate
     * @param deviations standard deviations of the noise
     */
    GaussianViews(Device device, int points, int batch, double[] spread, double[] deviations, Generator generator) {
        if (points < batch) {
            throw new IllegalArgumentException("points: expected at least the batch of " + batch + ", got " + points);
        }
        this.batch = batch;
        this.points = pool(device, points, spread, generator.split(0));
        this.noise = pool(device, Math.max(NOISE_ROWS, batch), deviations, generator.split(1));
        this.places = generator.split(2);
    }

    private static Tensor pool(Device device, int rows, double[] deviations, Generator normal) {
        int d = deviations.length;
        float[] values = new float[rows * d];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviations[i % d] * normal.normal(i));
        }
        return Scope.detach(Tensor.of(device, values, rows, d));
    }

    /** Two views (batch, d) of the points of a step, of the caller's scope. */
    List<Tensor> pair(long step) {
        return List.of(view(step, 0), view(step, 1));
    }

    /** The first so many points, without noise; shares memory. */
    Tensor clean(int count) {
        return points.rows(0, Math.min(count, points.shape().size(0)));
    }

    private Tensor view(long step, int which) {
        try (Tensor x = window(points, 3 * step);
                Tensor e = window(noise, 3 * step + 1 + which)) {
            Tensor y = Tensor.empty(x.device(), x.shape().toArray());
            x.device().backend().linearAlgebra().add(x, e, y);
            return y;
        }
    }

    private Tensor window(Tensor pool, long draw) {
        long room = pool.shape().size(0) - batch + 1;
        long from = (long) (places.uniform(draw) * room);
        return pool.rows(from, from + batch);
    }

    @Override
    public void close() {
        points.close();
        noise.close();
    }
}
