package io.gramian.published;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.NtXent;
import io.gramian.spectrum.Spectrum;
import java.util.List;
import java.util.concurrent.Callable;

/** A program that calls a kernel, OpenBLAS and Java: its one line is the same wherever the libraries load. */
public final class SmallLoss implements Callable<String> {
    @Override
    public String call() {
        try (Scope scope = Scope.open()) {
            float[] a = {1, 0, 0, 1, 1, 1, 0.5f, -1};
            float[] b = {1, 0.1f, 0.1f, 1, 1, 0.9f, 0.4f, -1};
            Tensor za = Tensor.of(Device.cpu(), a, 4, 2);
            Tensor zb = Tensor.of(Device.cpu(), b, 4, 2);
            double loss = new NtXent(0.5f).value(List.of(za, zb));
            return "loss " + loss + " rank " + Spectrum.of(za).effectiveRank();
        }
    }

    public static void main(String[] arguments) {
        try {
            System.out.println(new SmallLoss().call());
        } catch (GramianException e) {
            System.out.println("error: " + e.getMessage());
            System.exit(1);
        }
    }
}
