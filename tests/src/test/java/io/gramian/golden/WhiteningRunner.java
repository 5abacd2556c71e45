package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Whitening;
import io.gramian.reference.WhiteningReference;
import java.util.Set;

/** Cholesky whitening of one slice; the gradient is that of {@code sum(z * cotangent)}. */
final class WhiteningRunner implements MethodRunner {
    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("whitening_cholesky")
                && Set.of("eps", "d").containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray x = golden.input("x");
        double eps = golden.param("eps");
        double[] z = WhiteningReference.value(x.data(), x.rows(), x.columns(), eps);
        compare(golden, z, score);
        double[] cotangent = golden.input("cotangent").data();
        score.gradient(
                WhiteningReference.gradient(x.data(), cotangent, x.rows(), x.columns(), eps), golden.gradient("x"));
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        GoldenArray x = golden.input("x");
        int n = x.rows();
        int d = x.columns();
        float eps = (float) golden.param("eps");
        Whitening room = device.backend().whitening();
        Tensor y = Tensor.empty(device, 1, n, d);
        Tensor w = Tensor.empty(device, 1, d, d);
        Tensor dx = golden.input("cotangent").tensor(device).reshape(1, n, d);
        room.whiten(x.tensor(device).reshape(1, n, d), eps, y, w);
        room.whitenBackward(y, w, dx, eps, dx);
        compare(golden, GoldenArray.widen(y), score);
        score.gradient(GoldenArray.widen(dx), golden.gradient("x"));
    }

    private static void compare(GoldenCase golden, double[] z, Score score) {
        GoldenArray expected = golden.expectedArray("z");
        score.values(z, expected.data());
        double distance = distanceFromIdentity(z, expected.rows(), expected.columns());
        score.absolute((distance - golden.expected("cov_minus_identity_fro")) / expected.columns());
    }

    private static double distanceFromIdentity(double[] z, int n, int d) {
        double squares = 0;
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double covariance = i == j ? -1 : 0;
                for (int r = 0; r < n; r++) {
                    covariance += z[r * d + i] * z[r * d + j] / (n - 1);
                }
                squares += covariance * covariance;
            }
        }
        return Math.sqrt(squares);
    }
}
