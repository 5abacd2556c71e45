package io.gramian.benchmarks;

import io.gramian.benchmarks.peer.Djl;
import io.gramian.benchmarks.peer.DjlLosses;
import io.gramian.loss.VicReg;
import org.openjdk.jmh.annotations.Param;

/** VICReg of two views, forward and backward, from few rows and many features to the opposite. */
public class VicRegBenchmark extends SideBySide {
    /** Rows of one view by features. */
    @Param({"256x2048", "256x8192", "1024x256", "4096x512"})
    public String shape = "";

    /** Gramian, the authors' formula in PyTorch, or the duality by hand in PyTorch. */
    @Param({"gramian", "pytorch", "pytorch-dual"})
    public String side = "";

    @Override
    protected String kernel() {
        return "vicreg";
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
        return switch (who) {
            case OURS -> new LossWorkload(VicReg.defaults(), n, d);
            case "pytorch" -> new Djl(LossWorkload.views(n, d), n, d, DjlLosses::vicReg);
            default -> new Djl(LossWorkload.views(n, d), n, d, DjlLosses::vicRegDual);
        };
    }
}
