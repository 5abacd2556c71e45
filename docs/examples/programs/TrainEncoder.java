import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.nn.BatchNorm;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.nn.Init;
import io.gramian.autograd.nn.Linear;
import io.gramian.autograd.nn.Module;
import io.gramian.autograd.nn.Relu;
import io.gramian.autograd.nn.Sequential;
import io.gramian.autograd.optim.Adam;
import io.gramian.loss.VicReg;
import java.util.List;

/** A training loop by hand: a small network learns with VICReg that two noisy copies of a point are the same point. */
public class TrainEncoder {
    static final int BATCH = 128;
    static final int INPUTS = 20;
    static final int FEATURES = 16;
    static final int STEPS = 200;

    public static void main(String[] arguments) {
        Device device = Device.best();
        Generator generator = Generator.of(3);
        try (Module network = network(device, generator);
                Adam optimizer = new Adam(network.parameters(), Adam.Settings.decaying(1e-4))) {
            double first = 0;
            double last = 0;
            for (int step = 0; step < STEPS; step++) {
                try (Scope scope = Scope.open()) {
                    Generator draws = generator.split(step);
                    Tensor points = draws.split(0).normal(device, 1, BATCH, INPUTS);
                    Variable a = network.forward(noisy(points, draws.split(1)));
                    Variable b = network.forward(noisy(points, draws.split(2)));
                    Variable loss = EmbeddingLoss.apply(VicReg.defaults(), List.of(a, b));
                    last = loss.value().item();
                    first = step == 0 ? last : first;
                    loss.backward();
                    optimizer.step(2e-3);
                    optimizer.zeroGrad();
                }
            }
            System.out.printf("loss %.3f at the beginning, %.3f after %d steps%n", first, last, STEPS);
            if (!(last < 0.8 * first)) {
                throw new IllegalStateException("the loss did not fall");
            }
        }
    }

    static Module network(Device device, Generator generator) {
        return new Sequential(
                new Linear(device, INPUTS, 64, true, Init.PYTORCH, generator.split(101)),
                new BatchNorm(device, 64, true),
                new Relu(),
                new Linear(device, 64, FEATURES, true, Init.PYTORCH, generator.split(102)));
    }

    static Variable noisy(Tensor points, Generator generator) {
        float[] values = points.toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] += 0.3f * (float) generator.normal(i);
        }
        return Variable.constant(Tensor.of(points.device(), values, BATCH, INPUTS));
    }
}
