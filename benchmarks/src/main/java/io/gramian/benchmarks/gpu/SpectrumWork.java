package io.gramian.benchmarks.gpu;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import io.gramian.benchmarks.Inputs;
import java.util.Map;

/** Singular values of a matrix (n, d), or eigenvalues of a batch of symmetric matrices; they stay on the device. */
final class SpectrumWork implements GpuWork {
    private final Stream stream;
    private final boolean batch;
    private final int rows;
    private final int columns;
    private final Tensor input;
    private final Tensor values;

    private SpectrumWork(Device device, boolean batch, int rows, int columns, Tensor input, long count) {
        this.stream = device.backend().stream();
        this.batch = batch;
        this.rows = rows;
        this.columns = columns;
        this.input = input;
        this.values = Tensor.empty(device, DType.FLOAT64, count);
    }

    static SpectrumWork singularValues(Device device, int n, int d) {
        Tensor z = Tensor.of(device, Inputs.views(n, d)[0], n, d);
        return new SpectrumWork(device, false, n, d, z, Math.min(n, d));
    }

    /** Of Gram matrices of Gaussian numbers, {@code K = X^T X / (2 side)} with 2 side rows in X. */
    static SpectrumWork eigenvalues(Device device, int count, int side) {
        float[] all = new float[Math.multiplyExact(count * side, side)];
        for (int m = 0; m < count; m++) {
            gram(Inputs.gaussian(m + 1L, 2 * side * side, 0, 1), side, all, m * side * side);
        }
        Tensor s = Tensor.of(device, all, count, side, side);
        return new SpectrumWork(device, true, count, side, s, (long) count * side);
    }

    private static void gram(float[] x, int side, float[] target, int at) {
        double[] sums = new double[side * side];
        for (int r = 0; r < 2 * side; r++) {
            for (int i = 0; i < side; i++) {
                double left = x[r * side + i];
                for (int j = 0; j < side; j++) {
                    sums[i * side + j] += left * x[r * side + j];
                }
            }
        }
        for (int k = 0; k < sums.length; k++) {
            target[at + k] = (float) (sums[k] / (2 * side));
        }
    }

    @Override
    public void run() {
        stream.run((kernels, context) -> batch
                ? kernels.gramian_eigenvalues(context, rows, columns, input.address(), values.address())
                : kernels.gramian_singular_values(context, rows, columns, input.address(), 0, 0, values.address()));
    }

    @Override
    public void await() {
        values.rows(0, 1).toDoubles();
    }

    @Override
    public Map<String, float[]> exchange() {
        run();
        double[] result = values.toDoubles();
        float[] rounded = new float[result.length];
        for (int k = 0; k < result.length; k++) {
            rounded[k] = (float) result[k];
        }
        return Map.of("a", input.toFloats(), "values", rounded);
    }

    @Override
    public long extraBytes() {
        return stream.scratchBytes();
    }

    @Override
    public void close() {
        input.close();
        values.close();
    }
}
