package io.gramian.autograd.optim;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.backend.Check;
import io.gramian.backend.Deferred;
import io.gramian.backend.Optimizers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Changes parameters in place by their gradients. Parameters without a gradient are left as they are. {@link
 * #state()} and
 * {@link #steps()} are all that a checkpoint needs: the tensors are the live ones, to be written from or read into.
 */
public abstract class Optimizer implements AutoCloseable {
    private final Map<String, Variable> parameters;
    private final Map<String, Tensor> state = new LinkedHashMap<>();
    private final Map<String, Double> factors = new HashMap<>();
    private final Set<String> excluded = new HashSet<>();
    private long steps;

    /** An optimiser of these parameters, by name. */
    protected Optimizer(Map<String, Variable> parameters) {
        this.parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /**
     * Gives a parameter a learning rate of its own: this factor times that of the step.
     *
     * @param parameter name of a parameter of this optimiser
     * @param factor at least 0; 0 keeps the parameter as it is, up to what momentum it has
     * @throws IllegalArgumentException if there is no such parameter, or the factor is negative or NaN
     */
    public final void rateFactor(String parameter, double factor) {
        Check.nonNegative("factor", factor);
        checkKnown(parameter);
        factors.put(parameter, factor);
    }

    /**
     * Leaves a parameter out of weight decay and, with LARS and LAMB, out of the trust ratio: what most recipes do with biases
     * and normalisation.
     *
     * @param parameter name of a parameter of this optimiser
     * @throws IllegalArgumentException if there is no such parameter
     */
    public final void exclude(String parameter) {
        checkKnown(parameter);
        excluded.add(parameter);
    }

    private void checkKnown(String parameter) {
        if (!parameters.containsKey(parameter)) {
            throw new IllegalArgumentException(
                    "parameter: expected one of " + parameters.keySet() + ", got " + parameter);
        }
    }

    /** One step with this learning rate, at least 0. */
    public final void step(double learningRate) {
        Check.nonNegative("learningRate", learningRate);
        steps++;
        update(learningRate);
    }

    /** Changes the parameters; {@link #steps()} counts this step already. */
    protected abstract void update(double learningRate);

    /**
     * The parameter, in the order of {@link #parameters()}, whose gradient went bad (has a NaN or an infinity), the last of
     * them if there are several: with parameters in the order of the forward pass, the one that the backward pass reached
     * first. Reads the gradients once; to be asked before {@link #step}, which would carry the numbers into parameters and
     * state.
     */
    public final Optional<String> firstBadGradient() {
        return badGradient().get();
    }

    /** {@link #firstBadGradient} for whoever does not wait for the device. */
    public final Deferred<Optional<String>> badGradient() {
        Active active = active();
        if (active.isEmpty()) {
            return Deferred.of(Device.cpu(), Optional::empty);
        }
        List<Tensor> backward = new ArrayList<>(active.gradients());
        Collections.reverse(backward);
        return Deferred.of(backward.get(0).device(), () -> {
            int first = active.optimizers().firstNotFinite(backward);
            return first < 0
                    ? Optional.empty()
                    : Optional.of(active.names().get(active.names().size() - 1 - first));
        });
    }

    /** Frees all gradients. */
    public final void zeroGrad() {
        parameters.values().forEach(Variable::clearGradient);
    }

    /** The parameters by name. */
    public final Map<String, Variable> parameters() {
        return parameters;
    }

    /** Every tensor that outlives a step, by name such as {@code momentum.layer1.0.conv1.weight}. */
    public final Map<String, Tensor> state() {
        return Collections.unmodifiableMap(state);
    }

    /** Steps taken. */
    public final long steps() {
        return steps;
    }

    /** Sets the number of steps taken, to resume. */
    public final void steps(long taken) {
        Check.atLeast("steps", taken, 0);
        steps = taken;
    }

    /** The parameters that have a gradient, in order. */
    final Active active() {
        List<String> names = new ArrayList<>();
        List<Tensor> values = new ArrayList<>();
        List<Tensor> gradients = new ArrayList<>();
        parameters.forEach((name, parameter) -> {
            Tensor gradient = parameter.grad();
            if (gradient != null) {
                names.add(name);
                values.add(parameter.value());
                gradients.add(gradient);
            }
        });
        double[] rates = names.stream()
                .mapToDouble(name -> factors.getOrDefault(name, 1.0))
                .toArray();
        boolean[] adapted = new boolean[names.size()];
        for (int i = 0; i < adapted.length; i++) {
            adapted[i] = !excluded.contains(names.get(i));
        }
        return new Active(names, values, gradients, rates, adapted);
    }

    /** Parameters of one step, with the factors of their rates and whether they decay and adapt. */
    record Active(
            List<String> names, List<Tensor> values, List<Tensor> gradients, double[] factors, boolean[] adapted) {
        boolean isEmpty() {
            return names.isEmpty();
        }

        Optimizers optimizers() {
            return values.get(0).device().backend().optimizers();
        }

        Optimizers.Parameters with(double rate, double decay) {
            Optimizers.Parameters parameters = Optimizers.Parameters.of(values, gradients, rate, decay);
            for (int i = 0; i < factors.length; i++) {
                parameters.rates()[i] *= factors[i];
                parameters.decays()[i] = adapted[i] ? decay : 0;
            }
            return parameters;
        }

        List<Tensor> states(Map<String, Tensor> byName) {
            return names.stream().map(byName::get).toList();
        }
    }

    /** Adds one zero tensor per parameter to the state; names are {@code prefix.parameter}. */
    protected final Map<String, Tensor> addState(String prefix) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        parameters.forEach((name, parameter) -> {
            Tensor value = parameter.value();
            Tensor zero =
                    Scope.detach(Tensor.zeros(value.device(), value.shape().toArray()));
            tensors.put(name, zero);
            state.put(prefix + "." + name, zero);
        });
        return tensors;
    }

    /** Frees the state; parameters stay. */
    @Override
    public final void close() {
        state.values().forEach(Tensor::close);
    }
}
