package io.gramian.autograd.nn;

import io.gramian.Device;
import io.gramian.autograd.Variable;
import io.gramian.backend.Check;
import org.jspecify.annotations.Nullable;

/** {@code y = x W^T + b}: parameters {@code weight} (out, in) and, unless left out, {@code bias} (out). */
public final class Linear extends Module {
    private final Variable weight;
    private final @Nullable Variable bias;

    /** A layer from {@code in} to {@code out} features. */
    public Linear(Device device, int in, int out, boolean withBias, Init init, Generator generator) {
        Check.atLeast("in", in, 1);
        Check.atLeast("out", out, 1);
        weight = addParameter("weight", init.weight(device, generator.split(0), in, out, out, in));
        bias = withBias ? addParameter("bias", init.bias(device, generator.split(1), in, out)) : null;
    }

    @Override
    public Variable forward(Variable x) {
        return io.gramian.autograd.function.Linear.apply(x, weight, bias);
    }
}
