package io.gramian.benchmarks.peer;

import static io.gramian.benchmarks.peer.BytedecoLosses.mean;
import static io.gramian.benchmarks.peer.BytedecoLosses.number;
import static io.gramian.benchmarks.peer.BytedecoLosses.unit;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * W-MSE in PyTorch (DJL has no Cholesky): whitening by the inverse of a Cholesky factor, as in htdt/self-supervised, slice
 * after slice or all slices as one batch. Rows are taken in order: a permutation would cost this side a gather.
 */
public final class BytedecoWhitening {
    private BytedecoWhitening() {}

    /** The loss of views (n, d) whose slices of {@code window} rows are whitened one after another. */
    public static Tensor loop(Tensor a, Tensor b, int window, float eps) {
        long d = a.size(1);
        long slices = a.size(0) / window;
        Tensor sum = torch.zeros(new long[0]);
        for (long slice = 0; slice < slices; slice++) {
            Tensor wa = whiten(a.narrow(0, slice * window, window).view(1, window, d), eps);
            Tensor wb = whiten(b.narrow(0, slice * window, window).view(1, window, d), eps);
            sum = sum.add(distance(wa, wb));
        }
        return sum.div(number(slices));
    }

    /** The same with all slices as one batch. */
    public static Tensor batched(Tensor a, Tensor b, int window, float eps) {
        long[] shape = {a.size(0) / window, window, a.size(1)};
        return distance(whiten(a.view(shape), eps), whiten(b.view(shape), eps));
    }

    private static Tensor whiten(Tensor x, float eps) {
        Tensor centred = x.sub(mean(x, 1));
        Tensor eye = torch.eye(x.size(2), new TensorOptions());
        Tensor covariance = torch.bmm(centred.transpose(1, 2), centred).mul(number((1 - eps) / (x.size(1) - 1)));
        Tensor factor = torch.linalg_cholesky(covariance.add(eye.mul(number(eps))));
        Tensor inverse = eye.triangular_solve(factor, false, false, false).get0();
        return torch.bmm(centred, inverse.transpose(1, 2));
    }

    /** Mean of 2 - 2 cos over the rows. */
    private static Tensor distance(Tensor x, Tensor y) {
        Tensor cosine = unit(x).mul(unit(y)).sum(2L);
        return cosine.mul(number(-2f)).add(number(2f)).mean();
    }
}
