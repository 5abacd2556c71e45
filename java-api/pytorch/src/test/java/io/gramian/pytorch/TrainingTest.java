package io.gramian.pytorch;

import io.gramian.loss.MultiViewLoss;
import io.gramian.training.CurveCheck;
import io.gramian.training.TwoLayers;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A loop of PyTorch with our loss repeats our own training. */
class TrainingTest {
    @ParameterizedTest
    @MethodSource("io.gramian.training.TwoLayers#rates")
    void lossesAreThoseOfOurEngine(MultiViewLoss loss, double rate) {
        CurveCheck.same(TwoLayers.losses(loss, rate), train(GramianLoss.of(loss), (float) rate));
    }

    private static double[] train(GramianLoss gramian, float rate) {
        double[] losses = new double[TwoLayers.STEPS];
        try (PointerScope all = new PointerScope()) {
            Map<String, float[]> start = TwoLayers.start();
            Tensor weight1 = leaf(start.get("weight1"), TwoLayers.HIDDEN, TwoLayers.inputs());
            Tensor bias1 = leaf(start.get("bias1"), TwoLayers.HIDDEN);
            Tensor weight2 = leaf(start.get("weight2"), TwoLayers.OUTPUTS, TwoLayers.HIDDEN);
            Tensor bias2 = leaf(start.get("bias2"), TwoLayers.OUTPUTS);
            SGD sgd = new SGD(new TensorVector(weight1, bias1, weight2, bias2), new SGDOptions(rate));
            for (int step = 0; step < losses.length; step++) {
                try (PointerScope temporary = new PointerScope()) {
                    float[][] views = TwoLayers.batch(step);
                    Tensor[] z = new Tensor[2];
                    for (int v = 0; v < 2; v++) {
                        Tensor x = tensor(views[v], TwoLayers.BATCH, TwoLayers.inputs());
                        Tensor hidden = torch.linear(x, weight1, new TensorOptional(bias1))
                                .relu();
                        z[v] = torch.linear(hidden, weight2, new TensorOptional(bias2));
                    }
                    sgd.zero_grad();
                    Tensor loss = gramian.forward(z);
                    loss.backward();
                    sgd.step();
                    losses[step] = loss.item_float();
                }
            }
        }
        return losses;
    }

    private static Tensor tensor(float[] values, long... sizes) {
        try (FloatPointer memory = new FloatPointer(values)) {
            return torch.from_blob(memory, sizes).clone();
        }
    }

    private static Tensor leaf(float[] values, long... sizes) {
        return tensor(values, sizes).set_requires_grad(true);
    }
}
