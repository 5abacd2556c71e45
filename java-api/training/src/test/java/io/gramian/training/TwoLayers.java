package io.gramian.training;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.function.Linear;
import io.gramian.autograd.function.Relu;
import io.gramian.autograd.optim.Sgd;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.VicReg;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.provider.Arguments;

/**
 * The training that every adapter has to repeat: 784 inputs, 128 hidden units, ReLU, 64 outputs, SGD, on pairs of views of
 * Fashion-MNIST; here with our own engine.
 */
public final class TwoLayers {
    /** Hidden units. */
    public static final int HIDDEN = 128;
    /** Features of the embedding. */
    public static final int OUTPUTS = 64;
    /** Images of a batch. */
    public static final int BATCH = 64;
    /** Steps. */
    public static final int STEPS = 300;

    private static final FashionViews VIEWS = new FashionViews(6400);

    private TwoLayers() {}

    /** Losses, each with a rate that its training takes. */
    public static List<Arguments> rates() {
        return List.of(
                Arguments.of(NtXent.defaults(), 0.1),
                Arguments.of(BarlowTwins.defaults(), 0.002),
                Arguments.of(VicReg.defaults(), 0.02));
    }

    /** Inputs of the network. */
    public static int inputs() {
        return FashionViews.PIXELS;
    }

    /** Both views (64, 784) of a step. */
    public static float[][] batch(long step) {
        return VIEWS.batch(step, BATCH);
    }

    /** The start of every parameter, in the order first weight (128, 784), first bias, second weight (64, 128), second bias. */
    public static Map<String, float[]> start() {
        Random random = new Random(7);
        Map<String, float[]> all = new LinkedHashMap<>();
        all.put("weight1", uniform(random, inputs(), HIDDEN * inputs()));
        all.put("bias1", uniform(random, inputs(), HIDDEN));
        all.put("weight2", uniform(random, HIDDEN, OUTPUTS * HIDDEN));
        all.put("bias2", uniform(random, HIDDEN, OUTPUTS));
        return all;
    }

    private static float[] uniform(Random random, int fanIn, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) ((2 * random.nextDouble() - 1) / Math.sqrt(fanIn));
        }
        return values;
    }

    /** The losses of all steps. */
    public static double[] losses(MultiViewLoss loss, double rate) {
        Map<String, float[]> start = start();
        Map<String, Variable> parameters = new LinkedHashMap<>();
        parameters.put("weight1", parameter(start.get("weight1"), HIDDEN, inputs()));
        parameters.put("bias1", parameter(start.get("bias1"), HIDDEN));
        parameters.put("weight2", parameter(start.get("weight2"), OUTPUTS, HIDDEN));
        parameters.put("bias2", parameter(start.get("bias2"), OUTPUTS));
        double[] losses = new double[STEPS];
        try (Sgd sgd = new Sgd(parameters, new Sgd.Settings(0, 0, false))) {
            for (int step = 0; step < STEPS; step++) {
                losses[step] = step(loss.atStep(step), parameters, batch(step), sgd, rate);
            }
        }
        parameters.values().forEach(Variable::close);
        return losses;
    }

    private static double step(
            MultiViewLoss loss, Map<String, Variable> parameters, float[][] views, Sgd sgd, double rate) {
        try (Scope scope = Scope.open()) {
            sgd.zeroGrad();
            Variable z1 = forward(parameters, views[0]);
            Variable z2 = forward(parameters, views[1]);
            Variable value = EmbeddingLoss.apply(loss, List.of(z1, z2));
            value.backward();
            sgd.step(rate);
            return value.value().item();
        }
    }

    private static Variable forward(Map<String, Variable> parameters, float[] view) {
        Variable x = Variable.constant(Tensor.of(Device.cpu(), view, BATCH, inputs()));
        Variable hidden = Relu.apply(Linear.apply(x, parameters.get("weight1"), parameters.get("bias1")));
        return Linear.apply(hidden, parameters.get("weight2"), parameters.get("bias2"));
    }

    private static Variable parameter(float[] values, long... sizes) {
        return Variable.parameter(Tensor.of(Device.cpu(), values, sizes));
    }
}
