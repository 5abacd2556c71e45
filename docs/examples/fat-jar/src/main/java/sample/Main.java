package sample;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.NtXent;
import java.util.List;

/** NT-Xent of two pairs that agree: each row has one positive at cosine 1 and two negatives at cosine 0. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        float[] rows = {1, 0, 0, 1};
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.of(Device.cpu(), rows, 2, 2);
            Tensor same = Tensor.of(Device.cpu(), rows, 2, 2);
            double loss = new NtXent(0.5f).value(List.of(z, same));
            double expected = Math.log(Math.exp(2) + 2) - 2;
            System.out.printf("loss %.6f, by hand %.6f, on Java %s%n", loss, expected, Runtime.version());
            if (!(Math.abs(loss - expected) <= 1e-6)) {
                throw new IllegalStateException("the loss is not the one by hand");
            }
        }
    }
}
