package io.gramian.autograd.nn;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.BatchNormalize;
import io.gramian.backend.BatchNormalization.Running;
import io.gramian.backend.Check;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation of the last axis (Ioffe and Szegedy, 2015), as PyTorch's: eps 1e-5, running statistics with
 * momentum 0.1
 * and unbiased variance. Parameters {@code weight} and {@code bias} (c) with the affine form, buffers {@code
 * running_mean} and
 * {@code running_var} (c).
 */
public final class BatchNorm extends Module {
    private static final float EPS = 1e-5f;
    private static final float MOMENTUM = 0.1f;

    private final @Nullable Variable weight;
    private final @Nullable Variable bias;
    private final Running running;

    /** A layer for {@code channels} channels; factors start at 1, offsets at 0. */
    public BatchNorm(Device device, int channels, boolean affine) {
        Check.atLeast("channels", channels, 1);
        weight = affine ? addParameter("weight", Tensor.empty(device, channels).fill(1)) : null;
        bias = affine ? addParameter("bias", Tensor.zeros(device, channels)) : null;
        running = new Running(
                addBuffer("running_mean", Tensor.zeros(device, channels)),
                addBuffer("running_var", Tensor.empty(device, channels).fill(1)),
                MOMENTUM);
    }

    @Override
    public Variable forward(Variable x) {
        return forward(x, null, false);
    }

    /** Normalises, adds the residual unless null, and ends with a ReLU if wanted: one pass over memory for all. */
    public Variable forward(Variable x, @Nullable Variable residual, boolean relu) {
        return BatchNormalize.apply(
                x, weight, bias, residual, new BatchNormalize.Settings(EPS, training(), gathering(), running, relu));
    }

    /**
     * Makes the output start at 0: what a residual block's last layer may do so that the block starts as the identity.
     */
    public BatchNorm startAtZero() {
        if (weight == null) {
            throw new IllegalStateException("startAtZero: expected a layer with affine parameters");
        }
        weight.value().fill(0);
        return this;
    }
}
