package io.gramian.benchmarks.peer;

import io.gramian.benchmarks.Workload;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.api.OutAndGrad;
import org.nd4j.linalg.api.blas.params.MMulTranspose;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The losses as their authors write them, in SameDiff, the operators with gradients of Deeplearning4j. */
public final class SameDiffLosses implements Workload {
    private static final String LOSS = "loss";

    private final SameDiff graph = SameDiff.create();
    private final SDVariable a;
    private final SDVariable b;

    private SameDiffLosses(float[][] views, int n, int d) {
        a = graph.var("a", Dl4j.array(views[0], n, d));
        b = graph.var("b", Dl4j.array(views[1], n, d));
    }

    /**
     * NT-Xent: all similarities, the diagonal excluded. Logarithm of the sum of exponentials of s - 1, at most 0:
     * the backward pass of the library's own logSumExp fails on the shape of its result.
     */
    public static Workload ntXent(float[][] views, int n, int d, float temperature) {
        SameDiffLosses work = new SameDiffLosses(views, n, d);
        SameDiff graph = work.graph;
        SDVariable u = work.a.div(work.a.norm2(true, 1));
        SDVariable v = work.b.div(work.b.norm2(true, 1));
        SDVariable both = graph.concat(0, u, v);
        SDVariable diagonal = graph.constant("diagonal", Nd4j.eye(2L * n).mul(-1e9f));
        SDVariable logits =
                product(both, both, false, true).sub(1).div(temperature).add(diagonal);
        SDVariable positives = u.mul(v).sum(true, 1).sub(1).div(temperature);
        SDVariable all = graph.math().log(graph.math().exp(logits).sum(true, 1));
        return work.ends(all.sub(graph.concat(0, positives, positives)).mean());
    }

    /** Barlow Twins: standardised columns, (d, d) correlation. */
    public static Workload barlowTwins(float[][] views, int n, int d, float lambda) {
        SameDiffLosses work = new SameDiffLosses(views, n, d);
        SDVariable c = product(work.standardized(work.a), work.standardized(work.b), true, false)
                .div(n);
        SDVariable diagonal = work.graph.math().diagPart(c);
        SDVariable on = work.square(diagonal.sub(1)).sum();
        return work.ends(on.add(work.offDiagonal(c, diagonal).mul(lambda)));
    }

    /** VICReg: weights 25, 25, 1, halved variance. */
    public static Workload vicReg(float[][] views, int n, int d) {
        SameDiffLosses work = new SameDiffLosses(views, n, d);
        SDVariable invariance = work.square(work.a.sub(work.b)).mean();
        SDVariable x = work.a.sub(work.a.mean(true, 0));
        SDVariable y = work.b.sub(work.b.mean(true, 0));
        SDVariable variance = work.hinge(x, n).add(work.hinge(y, n)).div(2);
        SDVariable covariance = work.covariance(x, n, d).add(work.covariance(y, n, d));
        return work.ends(invariance.mul(25).add(variance.mul(25)).add(covariance));
    }

    private Workload ends(SDVariable loss) {
        loss.rename(LOSS);
        graph.setLossVariables(LOSS);
        return this;
    }

    private SDVariable hinge(SDVariable centred, int n) {
        SDVariable variance = square(centred).sum(0).div(n - 1);
        return graph.nn().relu(graph.math().sqrt(variance.add(1e-4)).rsub(1), 0).mean();
    }

    private SDVariable covariance(SDVariable centred, int n, int d) {
        SDVariable c = product(centred, centred, true, false).div(n - 1);
        return offDiagonal(c, graph.math().diagPart(c)).div(d);
    }

    private SDVariable offDiagonal(SDVariable c, SDVariable diagonal) {
        return square(c).sum().sub(square(diagonal).sum());
    }

    private SDVariable standardized(SDVariable z) {
        SDVariable centred = z.sub(z.mean(true, 0));
        SDVariable variance = square(centred).mean(true, 0);
        return centred.div(graph.math().sqrt(variance.add(1e-5)));
    }

    private SDVariable square(SDVariable x) {
        return graph.math().square(x);
    }

    private static SDVariable product(SDVariable x, SDVariable y, boolean transposeX, boolean transposeY) {
        MMulTranspose how = MMulTranspose.builder()
                .transposeA(transposeX)
                .transposeB(transposeY)
                .build();
        return x.mmul(null, y, how);
    }

    private OutAndGrad compute() {
        return graph.calculateGradientsAndOutputs(Map.of(), List.of(LOSS), List.of("a", "b"));
    }

    @Override
    public void run() {
        OutAndGrad result = compute();
        float value = found(result.getOutputs(), LOSS).getFloat(0);
        result.getGradients().values().forEach(INDArray::close);
        if (!Float.isFinite(value)) {
            throw new IllegalStateException("expected a finite loss, got " + value);
        }
    }

    @Override
    public Map<String, float[]> results() {
        OutAndGrad result = compute();
        return Map.of(
                "loss", new float[] {found(result.getOutputs(), LOSS).getFloat(0)},
                "gradient of a", floats(found(result.getGradients(), "a")),
                "gradient of b", floats(found(result.getGradients(), "b")));
    }

    private static INDArray found(Map<String, INDArray> arrays, String name) {
        return Objects.requireNonNull(arrays.get(name), name);
    }

    private static float[] floats(INDArray array) {
        return array.dup('c').data().asFloat();
    }

    @Override
    public void close() {
        a.getArr().close();
        b.getArr().close();
    }
}
