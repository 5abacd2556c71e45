package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.benchmarks.peer.BytedecoSpectrum;
import io.gramian.spectrum.Spectrum;
import org.openjdk.jmh.annotations.Param;

/** Singular values of a matrix of embeddings. */
public class SpectrumBenchmark extends SideBySide {
    /** Rows by features. */
    @Param({"1024x512", "1024x8192"})
    public String shape = "";

    /** Gramian, or svdvals in PyTorch. */
    @Param({"gramian", "pytorch"})
    public String side = "";

    @Override
    protected String kernel() {
        return "spectrum";
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
        float[] z = LossWorkload.views(n, d)[0];
        return who.equals(OURS) ? new Ours(Tensor.of(Device.cpu(), z, n, d)) : new BytedecoSpectrum(z, n, d);
    }

    private record Ours(Tensor z) implements Workload {
        @Override
        public void run() {
            if (!(value() > 0)) {
                throw new IllegalStateException("expected a largest singular value above 0");
            }
        }

        @Override
        public double value() {
            return Spectrum.of(z).singularValues()[0];
        }

        @Override
        public void close() {
            z.close();
        }
    }
}
