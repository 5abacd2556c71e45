package io.gramian.training;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.OwnPointers;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.TrainerLoss;
import io.gramian.loss.VicReg;
import io.gramian.loss.WMse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What a loss makes of inputs (24, 10) on tensors of ours: what every adapter has to give, to the bit.
 *
 * @param value of step 0
 * @param gradients of the inputs that are trained
 */
public record LossTruth(double value, List<float[]> gradients) {
    /** Rows of an input. */
    public static final int N = 24;
    /** Features of an input. */
    public static final int D = 10;

    /** Losses of two views, one that draws at random among them. */
    public static List<MultiViewLoss> losses() {
        return List.of(NtXent.defaults(), BarlowTwins.defaults(), VicReg.defaults(), new WMse(24, 1, 0, true, 5));
    }

    /** The elements of an input. */
    public static float[] values(long seed) {
        Random random = new Random(seed);
        float[] values = new float[N * D];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** The truth for the inputs of these seeds. */
    public static LossTruth of(TrainerLoss loss, long... seeds) {
        return of(loss, Arrays.stream(seeds).mapToObj(LossTruth::values).toArray(float[][]::new));
    }

    /** The truth for these inputs. */
    public static LossTruth of(TrainerLoss loss, float[]... inputs) {
        return OwnPointers.run(() -> computed(loss, inputs));
    }

    private static LossTruth computed(TrainerLoss loss, float[]... inputs) {
        try (Scope scope = Scope.open()) {
            List<Tensor> tensors = new ArrayList<>();
            List<Tensor> gradients = new ArrayList<>();
            for (float[] input : inputs) {
                tensors.add(Tensor.of(Device.cpu(), input, N, D));
            }
            for (int i = 0; i < loss.trained(inputs.length); i++) {
                gradients.add(Tensor.empty(Device.cpu(), N, D));
            }
            double value = loss.valueAndGradient(tensors, gradients, 0);
            return new LossTruth(
                    value, gradients.stream().map(Tensor::toFloats).toList());
        }
    }

    /** Every element times a factor, as float32. */
    public static float[] times(float[] values, float factor) {
        float[] scaled = values.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= factor;
        }
        return scaled;
    }
}
