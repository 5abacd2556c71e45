package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.benchmarks.peer.DjlQueue;
import io.gramian.loss.QueueInfoNce;
import org.openjdk.jmh.annotations.Param;

/** MoCo's loss against a queue of 256 times as many keys as queries, forward and backward. */
public class QueueInfoNceBenchmark extends SideBySide {
    private static final float TEMPERATURE = 0.2f;

    /** Keys of the queue for each query: 65536 for 256. */
    private static final int KEYS_PER_QUERY = 256;

    /** Queries by features. */
    @Param({"256x128", "64x128"})
    public String shape = "";

    /** Gramian, or the plain formula in PyTorch. */
    @Param({"gramian", "pytorch"})
    public String side = "";

    @Override
    protected String kernel() {
        return "queue";
    }

    @Override
    protected String shape() {
        return shape;
    }

    @Override
    protected String side() {
        return side;
    }

    @Override
    protected Workload create(String who, int n, int d) {
        float[][] views = LossWorkload.views(n, d);
        int length = KEYS_PER_QUERY * n;
        float[] queue = LossWorkload.views(length, d)[0];
        for (int i = 0; i < length; i++) {
            double squares = 0;
            for (int k = 0; k < d; k++) {
                squares += (double) queue[i * d + k] * queue[i * d + k];
            }
            for (int k = 0; k < d; k++) {
                queue[i * d + k] /= (float) Math.sqrt(squares);
            }
        }
        return who.equals(OURS) ? new Ours(views, queue, n, length, d) : new DjlQueue(views, queue, n, d, TEMPERATURE);
    }

    private static final class Ours implements Workload {
        private final Tensor queries;
        private final Tensor keys;
        private final Tensor queue;
        private final Tensor gradient;
        private final QueueInfoNce loss = new QueueInfoNce(TEMPERATURE);

        Ours(float[][] views, float[] queue, int n, int length, int d) {
            this.queries = Tensor.of(Device.cpu(), views[0], n, d);
            this.keys = Tensor.of(Device.cpu(), views[1], n, d);
            this.queue = Tensor.of(Device.cpu(), queue, length, d);
            this.gradient = Tensor.empty(Device.cpu(), n, d);
        }

        @Override
        public void run() {
            if (!(loss.valueAndGradient(queries, keys, queue, gradient) > 0)) {
                throw new IllegalStateException("expected a loss above 0");
            }
        }

        @Override
        public double value() {
            return loss.value(queries, keys, queue);
        }

        @Override
        public void close() {
            queries.close();
            keys.close();
            queue.close();
            gradient.close();
        }
    }
}
