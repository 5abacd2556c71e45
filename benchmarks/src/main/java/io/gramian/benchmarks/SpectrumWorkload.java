package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.spectrum.Spectrum;
import java.util.Map;

/** Our singular values of a matrix of embeddings. */
final class SpectrumWorkload implements Workload {
    private final Tensor z;

    SpectrumWorkload(int n, int d) {
        this.z = Tensor.of(Device.cpu(), Inputs.views(n, d)[0], n, d);
    }

    @Override
    public void run() {
        if (!(Spectrum.of(z).singularValues()[0] > 0)) {
            throw new IllegalStateException("expected a largest singular value above 0");
        }
    }

    @Override
    public Map<String, float[]> results() {
        double[] values = Spectrum.of(z).singularValues();
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return Map.of("singular values", rounded);
    }

    @Override
    public void close() {
        z.close();
    }
}
