package io.gramian.benchmarks.peer;

import io.gramian.benchmarks.Workload;
import io.gramian.dl4j.GramianLoss;
import io.gramian.loss.MultiViewLoss;
import java.util.Arrays;
import java.util.Map;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** One of our losses as a loss function of Deeplearning4j, on the embeddings of both views below each other. */
public final class Dl4j implements Workload {
    private final INDArray embeddings;
    private final INDArray unread = Nd4j.zeros(1, 1);
    private final GramianLoss loss;

    /** Copies the views (n, d). */
    public Dl4j(float[][] views, int n, int d, MultiViewLoss loss) {
        this.embeddings = Nd4j.vstack(array(views[0], n, d), array(views[1], n, d));
        this.loss = GramianLoss.of(loss);
    }

    static INDArray array(float[] values, int n, int d) {
        return Nd4j.createFromArray(values).reshape('c', n, d);
    }

    private Pair<Double, INDArray> compute() {
        return loss.computeGradientAndScore(unread, embeddings, new ActivationIdentity(), null, true);
    }

    @Override
    public void run() {
        Pair<Double, INDArray> result = compute();
        result.getSecond().close();
        if (!Double.isFinite(result.getFirst())) {
            throw new IllegalStateException("expected a finite loss, got " + result.getFirst());
        }
    }

    @Override
    public Map<String, float[]> results() {
        Pair<Double, INDArray> result = compute();
        // times the examples, by which Deeplearning4j divides
        float[] gradient = result.getSecond().div(embeddings.size(0) / 2).data().asFloat();
        return Map.of(
                "loss", new float[] {result.getFirst().floatValue()},
                "gradient of a", Arrays.copyOfRange(gradient, 0, gradient.length / 2),
                "gradient of b", Arrays.copyOfRange(gradient, gradient.length / 2, gradient.length));
    }

    @Override
    public void close() {
        embeddings.close();
        unread.close();
    }
}
