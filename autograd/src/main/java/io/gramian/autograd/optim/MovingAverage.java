package io.gramian.autograd.optim;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Module;
import io.gramian.backend.Optimizers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A network that follows another one instead of a gradient: the momentum encoder of MoCo, the target network of BYOL.
 * Each {@link #update} is one kernel call over all parameters,
 * {@code target = momentum target + (1 - momentum) online}; {@link CosineRise} is the momentum of BYOL and MoCo v3. When to
 * call it is the system's matter: BYOL after the optimiser's step, MoCo before the keys are computed.
 *
 * <p>Memory: nothing of its own. Source: MoCo (arXiv 1911.05722, equation 2), BYOL (2006.07733, equation 1).
 */
public final class MovingAverage {
    private final Optimizers optimizers;
    private final List<Tensor> targetParameters = new ArrayList<>();
    private final List<Tensor> onlineParameters = new ArrayList<>();
    private final List<Tensor> targetBuffers = new ArrayList<>();
    private final List<Tensor> onlineBuffers = new ArrayList<>();
    private final Buffers buffers;

    /** What becomes of buffers, which are no parameters: the running statistics of batch normalisation. */
    public enum Buffers {
        /** The target gathers its own in its forward passes: MoCo, and BYOL as published. */
        OWN,
        /** Each update copies those of the online network. */
        COPIED,
        /** Averaged like the parameters. */
        AVERAGED
    }

    /**
     * Lets one network follow another. Nothing is changed yet, see {@link #start}.
     *
     * @param target the average: a network of the same structure with parameters of its own
     * @param online the network that is trained
     * @throws IllegalArgumentException if names or shapes of parameters or buffers differ
     */
    public MovingAverage(Module target, Module online, Buffers buffers) {
        this.buffers = buffers;
        match("parameter", values(target), values(online), targetParameters, onlineParameters);
        match("buffer", target.buffers(), online.buffers(), targetBuffers, onlineBuffers);
        if (targetParameters.isEmpty()) {
            throw new IllegalArgumentException("target: expected a network with parameters, got none");
        }
        optimizers = targetParameters.get(0).device().backend().optimizers();
    }

    /** Makes the target a copy of the online network, parameters and buffers, bit by bit. */
    public void start() {
        optimizers.movingAverage(targetParameters, onlineParameters, 0);
        optimizers.movingAverage(targetBuffers, onlineBuffers, 0);
    }

    /**
     * One step towards the online network.
     *
     * @param momentum in [0, 1]: 0 copies, 1 changes no parameter
     * @throws IllegalArgumentException if momentum is out of range or NaN
     */
    public void update(double momentum) {
        optimizers.movingAverage(targetParameters, onlineParameters, momentum);
        if (buffers != Buffers.OWN) {
            optimizers.movingAverage(targetBuffers, onlineBuffers, buffers == Buffers.COPIED ? 0 : momentum);
        }
    }

    private static Map<String, Tensor> values(Module module) {
        Map<String, Tensor> values = new LinkedHashMap<>();
        for (Map.Entry<String, Variable> entry : module.parameters().entrySet()) {
            values.put(entry.getKey(), entry.getValue().value());
        }
        return values;
    }

    private static void match(
            String what, Map<String, Tensor> target, Map<String, Tensor> online, List<Tensor> to, List<Tensor> from) {
        if (!target.keySet().equals(online.keySet())) {
            throw new IllegalArgumentException("target: expected the " + what + "s of the online network "
                    + online.keySet() + ", got " + target.keySet());
        }
        target.forEach((name, tensor) -> {
            Tensor followed = Objects.requireNonNull(online.get(name));
            if (!followed.shape().equals(tensor.shape())) {
                throw new IllegalArgumentException("target: expected " + what + " " + name + " of shape "
                        + followed.shape() + " as in the online network, got " + tensor.shape());
            }
            to.add(tensor);
            from.add(followed);
        });
    }
}
