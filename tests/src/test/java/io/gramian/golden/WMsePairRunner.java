package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Normalization;
import io.gramian.reference.WMseReference;

/** solo-learn's distance of two whitened views, {@code 2 - 2 mean cos(z1, z2)}, whose second view is detached. */
final class WMsePairRunner implements MethodRunner {
    private static final float EPS = 1e-12f;

    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("wmse_solo_pairloss") && golden.params().isEmpty();
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray a = golden.input("z1");
        double[] b = golden.input("z2").data();
        double[] gradient = new double[b.length];
        WMseReference.addDistanceGradient(a.data(), b, a.rows(), a.columns(), true, 1, gradient);
        score.value(WMseReference.distance(a.data(), b, a.rows(), a.columns(), true), golden.expected("loss"));
        score.gradient(gradient, golden.gradient("z1"));
        score.gradient(new double[b.length], golden.gradient("z2"));
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        GoldenArray a = golden.input("z1");
        int n = a.rows();
        int d = a.columns();
        Normalization room = device.backend().normalization();
        Tensor ua = Tensor.empty(device, n, d);
        Tensor ub = Tensor.empty(device, n, d);
        Tensor norm = Tensor.empty(device, n);
        room.normalizeRows(golden.input("z2").tensor(device), EPS, ub, norm);
        room.normalizeRows(a.tensor(device), EPS, ua, norm);
        float[] u = ua.toFloats();
        float[] du = ub.toFloats();
        double sum = 0;
        for (int i = 0; i < du.length; i++) {
            sum += (double) u[i] * du[i];
            du[i] *= -2f / n;
        }
        Tensor gradient = Tensor.empty(device, n, d);
        room.normalizeRowsBackward(ua, norm, Tensor.of(device, du, n, d), EPS, gradient);
        score.value(2 - 2 * sum / n, golden.expected("loss"));
        score.gradient(GoldenArray.widen(gradient), golden.gradient("z1"));
    }
}
