import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Whiten;
import io.gramian.backend.WhiteningMethod;
import java.util.Random;

/** Whitening, and the gradient through it: afterwards the covariance of the features is the identity. */
public class WhitenBatch {
    static final int IMAGES = 256;
    static final int FEATURES = 8;

    public static void main(String[] arguments) {
        Random random = new Random(4);
        float[] correlated = new float[IMAGES * FEATURES];
        for (int i = 0; i < IMAGES; i++) {
            double shared = random.nextGaussian();
            for (int j = 0; j < FEATURES; j++) {
                correlated[i * FEATURES + j] = (float) (shared + (j + 1) * random.nextGaussian());
            }
        }
        for (WhiteningMethod method : new WhiteningMethod[] {WhiteningMethod.CHOLESKY, WhiteningMethod.ZCA}) {
            try (Scope scope = Scope.open()) {
                Variable x = Variable.parameter(Tensor.of(Device.cpu(), correlated, 1, IMAGES, FEATURES));
                Variable y = Whiten.apply(x, method, 0).retain();
                y.backward(Tensor.empty(Device.cpu(), 1, IMAGES, FEATURES).fill(1));
                double worst = farthestFromIdentity(y.value().toFloats());
                System.out.printf("%-8s covariance differs from I by %.1e at most%n", method.kind(), worst);
                double gradient = largest(x.grad().toFloats());
                System.out.printf("%-8s gradient of the sum, which whitening keeps at 0: %.1e%n", method.kind(), gradient);
                if (!(worst < 1e-4 && gradient < 1e-3)) {
                    throw new IllegalStateException("not white");
                }
            }
        }
    }

    static double farthestFromIdentity(float[] y) {
        double worst = 0;
        for (int a = 0; a < FEATURES; a++) {
            for (int b = 0; b < FEATURES; b++) {
                double sum = 0;
                for (int i = 0; i < IMAGES; i++) {
                    sum += (double) y[i * FEATURES + a] * y[i * FEATURES + b];
                }
                worst = Math.max(worst, Math.abs(sum / (IMAGES - 1) - (a == b ? 1 : 0)));
            }
        }
        return worst;
    }

    static double largest(float[] values) {
        double largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
