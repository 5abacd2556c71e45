package io.gramian.benchmarks;

import io.gramian.benchmarks.peer.Djl;
import io.gramian.benchmarks.peer.DjlLosses;
import io.gramian.loss.BarlowTwins;
import org.openjdk.jmh.annotations.Param;

/** Barlow Twins of two views, forward and backward, from few rows and many features to the opposite. */
public class BarlowTwinsBenchmark extends SideBySide {
    /** Rows of one view by features. */
    @Param({"256x2048", "256x8192", "1024x256", "4096x512"})
    public String shape = "";

    /** Gramian, the authors' formula in PyTorch, or the duality by hand in PyTorch. */
    @Param({"gramian", "pytorch", "pytorch-dual"})
    public String side = "";

    @Override
    protected String kernel() {
        return "barlow-twins";
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
            case OURS -> new LossWorkload(BarlowTwins.defaults(), n, d);
            case "pytorch" -> new Djl(LossWorkload.views(n, d), n, d, (a, b) -> DjlLosses.barlowTwins(a, b, 0.0051f));
            default -> new Djl(LossWorkload.views(n, d), n, d, (a, b) -> DjlLosses.barlowTwinsDual(a, b, 0.0051f));
        };
    }
}
