package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.QueueInfoNce;
import java.util.List;
import java.util.Map;

/** MoCo's loss against a queue of 256 times as many keys as queries, forward and backward. */
final class QueueWorkload implements Workload {
    static final float TEMPERATURE = 0.2f;

    /** Keys of the queue for each query: 65536 for 256. */
    private static final int KEYS_PER_QUERY = 256;

    private final Tensor queries;
    private final Tensor keys;
    private final Tensor queue;
    private final Tensor gradient;
    private final QueueInfoNce loss = new QueueInfoNce(TEMPERATURE);

    QueueWorkload(int n, int d) {
        float[][] views = Inputs.views(n, d);
        this.queries = Tensor.of(Device.cpu(), views[0], n, d);
        this.keys = Tensor.of(Device.cpu(), views[1], n, d);
        this.queue = Tensor.of(Device.cpu(), queue(n, d), KEYS_PER_QUERY * n, d);
        this.gradient = Tensor.empty(Device.cpu(), n, d);
    }

    /** Normalised keys, for n queries. */
    static float[] queue(int n, int d) {
        int length = KEYS_PER_QUERY * n;
        float[] queue = Inputs.views(length, d)[0];
        for (int i = 0; i < length; i++) {
            double squares = 0;
            for (int k = 0; k < d; k++) {
                squares += (double) queue[i * d + k] * queue[i * d + k];
            }
            for (int k = 0; k < d; k++) {
                queue[i * d + k] /= (float) Math.sqrt(squares);
            }
        }
        return queue;
    }

    @Override
    public void run() {
        if (!(loss.valueAndGradient(queries, keys, queue, gradient) > 0)) {
            throw new IllegalStateException("expected a loss above 0");
        }
    }

    @Override
    public Map<String, float[]> results() {
        float value = (float) loss.valueAndGradient(queries, keys, queue, gradient);
        return Map.of("loss", new float[] {value}, "gradient of the queries", gradient.toFloats());
    }

    @Override
    public void close() {
        List.of(queries, keys, queue, gradient).forEach(Tensor::close);
    }
}
