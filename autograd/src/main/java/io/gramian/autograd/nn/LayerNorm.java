package io.gramian.autograd.nn;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.LayerNormalize;
import io.gramian.backend.Check;

/** Layer normalisation of the last axis (Ba et al., 2016): parameters {@code weight} (d), from 1, and {@code bias} (d), from 0. */
public final class LayerNorm extends Module {
    private final Variable weight;
    private final Variable bias;
    private final float eps;

    /** A layer for rows of {@code features} numbers; eps above 0 is added to the variance: 1e-6 in vision transformers. */
    public LayerNorm(Device device, int features, float eps) {
        Check.atLeast("features", features, 1);
        Check.positive("eps", eps);
        this.weight = addParameter("weight", Tensor.empty(device, features).fill(1));
        this.bias = addParameter("bias", Tensor.zeros(device, features));
        this.eps = eps;
    }

    @Override
    public Variable forward(Variable x) {
        return forward(x, DType.FLOAT32);
    }

    /** The output in this type: float32 or, on CUDA devices, bfloat16. */
    public Variable forward(Variable x, DType type) {
        return LayerNormalize.apply(x, weight, bias, eps, type);
    }
}
