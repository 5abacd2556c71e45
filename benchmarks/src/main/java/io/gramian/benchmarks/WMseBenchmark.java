package io.gramian.benchmarks;

import io.gramian.benchmarks.peer.BytedecoWhitening;
import io.gramian.loss.WMse;
import org.openjdk.jmh.annotations.Param;

/** W-MSE of two views in slices of 256 rows, forward and backward. */
public class WMseBenchmark extends SideBySide {
    private static final int WINDOW = 256;
    private static final float EPS = 1e-6f;

    /** Rows of one view by features: 4 slices. */
    @Param("1024x128")
    public String shape = "";

    /** Gramian, the authors' loop over slices in PyTorch, or all slices as one batch in PyTorch. */
    @Param({"gramian", "pytorch", "pytorch-batched"})
    public String side = "";

    @Override
    protected String kernel() {
        return "w-mse";
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
        int n = Math.max(rows, WINDOW);
        return who.equals(OURS)
                ? new LossWorkload(new WMse(WINDOW, 1, EPS, true, 1), n, d)
                : new BytedecoWhitening(LossWorkload.views(n, d), n, d, WINDOW, EPS, who.equals("pytorch-batched"));
    }
}
