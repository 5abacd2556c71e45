package io.gramian.benchmarks;

import io.gramian.benchmarks.peer.Djl;
import io.gramian.benchmarks.peer.DjlLosses;
import io.gramian.loss.NtXent;
import org.openjdk.jmh.annotations.Param;

/** NT-Xent of rows = 2n embeddings, forward and backward. */
public class NtXentBenchmark extends SideBySide {
    private static final float TEMPERATURE = 0.1f;

    /** Rows of both views by features. */
    @Param({"1024x128", "4096x128", "8192x128"})
    public String shape = "";

    /** Gramian, or the plain formula in PyTorch. */
    @Param({"gramian", "pytorch"})
    public String side = "";

    @Override
    protected String kernel() {
        return "nt-xent";
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
    protected Workload create(String who, int rows, int d) {
        int n = rows / 2;
        return who.equals(OURS)
                ? new LossWorkload(new NtXent(TEMPERATURE), n, d)
                : new Djl(LossWorkload.views(n, d), n, d, (a, b) -> DjlLosses.ntXent(a, b, TEMPERATURE));
    }
}
