package io.gramian.training;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.OwnPointers;
import io.gramian.loss.AlignmentUniformity;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.Dcl;
import io.gramian.loss.DirectClr;
import io.gramian.loss.InfoNce;
import io.gramian.loss.LeJepa;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.MultiViewNtXent;
import io.gramian.loss.NtXent;
import io.gramian.loss.SpectralContrastive;
import io.gramian.loss.TrainerLoss;
import io.gramian.loss.UnsignedContrastive;
import io.gramian.loss.VicReg;
import io.gramian.loss.VicRegCtr;
import io.gramian.loss.VicRegExp;
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

    /** The losses of every system that trains on views alone; W-MSE and LeJEPA draw at random. */
    public static List<MultiViewLoss> losses() {
        return List.of(
                NtXent.defaults(),
                MultiViewNtXent.defaults(),
                InfoNce.defaults(),
                Dcl.defaults(),
                new Dcl(0.1f, true, 0.5f, Dcl.Form.LIGHTLY),
                new UnsignedContrastive(0.5f, UnsignedContrastive.Similarity.SQUARE, false, false),
                new UnsignedContrastive(0.5f, UnsignedContrastive.Similarity.ABSOLUTE, true, false),
                SpectralContrastive.defaults(),
                AlignmentUniformity.defaults(),
                new DirectClr(6, 0.1f, false),
                BarlowTwins.defaults(),
                VicReg.defaults(),
                VicRegExp.defaults(),
                VicRegCtr.defaults(),
                new WMse(24, 1, 0, true, 5),
                new LeJepa(0.05f, 8, 17, 3, 0, 0));
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
