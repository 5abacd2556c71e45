package io.gramian.autograd.nn;

import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A layer or network: named parameters, named buffers and named children, in the order in which they were added.
 * Names of
 * nested parameters are joined by dots, as in {@code layer1.0.conv1.weight}.
 */
public abstract class Module implements AutoCloseable {
    private final Map<String, Variable> ownParameters = new LinkedHashMap<>();
    private final Map<String, Tensor> ownBuffers = new LinkedHashMap<>();
    private final Map<String, Module> children = new LinkedHashMap<>();
    private final List<Tensor> kept = new ArrayList<>();
    private boolean training = true;
    private boolean gathering = true;

    /** For subclasses. */
    protected Module() {}

    /** The output for an input. */
    public abstract Variable forward(Variable x);

    /** All parameters by name: own first, then those of the children. */
    public final Map<String, Variable> parameters() {
        Map<String, Variable> all = new LinkedHashMap<>(ownParameters);
        children.forEach((name, child) ->
                child.parameters().forEach((inner, parameter) -> all.put(name + "." + inner, parameter)));
        return Collections.unmodifiableMap(all);
    }

    /** All buffers (state that is saved but not trained, such as running statistics) by name. */
    public final Map<String, Tensor> buffers() {
        Map<String, Tensor> all = new LinkedHashMap<>(ownBuffers);
        children.forEach(
                (name, child) -> child.buffers().forEach((inner, buffer) -> all.put(name + "." + inner, buffer)));
        return Collections.unmodifiableMap(all);
    }

    /** Switches between training (batch statistics) and evaluation (running statistics), children included. */
    public final void training(boolean on) {
        training = on;
        children.values().forEach(child -> child.training(on));
    }

    /** Whether this module is in training mode; a new one is. */
    public final boolean training() {
        return training;
    }

    /**
     * Whether forward passes in training mode move running statistics, children included; a new module's do. Without, a pass
     * normalises by its batch and leaves the module as it was: what runs twice in a step, or only to look.
     */
    public final void gathering(boolean on) {
        gathering = on;
        children.values().forEach(child -> child.gathering(on));
    }

    /** Whether forward passes in training mode move running statistics. */
    public final boolean gathering() {
        return gathering;
    }

    /** Number of trained values. */
    public final long parameterCount() {
        return parameters().values().stream()
                .mapToLong(parameter -> parameter.value().elements())
                .sum();
    }

    /** Frees parameters, buffers and what else was kept. */
    @Override
    public final void close() {
        ownParameters.values().forEach(Variable::close);
        ownBuffers.values().forEach(Tensor::close);
        kept.forEach(Tensor::close);
        children.values().forEach(Module::close);
    }

    /** Adds a child. */
    protected final <M extends Module> M add(String name, M child) {
        claim(name);
        children.put(name, child);
        return child;
    }

    /** Adds a parameter with this initial value. */
    protected final Variable addParameter(String name, Tensor initial) {
        claim(name);
        Variable parameter = Variable.parameter(initial);
        ownParameters.put(name, parameter);
        return parameter;
    }

    /** Adds a buffer with this initial value. */
    protected final Tensor addBuffer(String name, Tensor initial) {
        claim(name);
        ownBuffers.put(name, Scope.detach(initial));
        return initial;
    }

    /** Keeps a tensor that is neither trained nor saved, since it follows from settings, until the module is closed. */
    protected final Tensor keep(Tensor tensor) {
        kept.add(Scope.detach(tensor));
        return tensor;
    }

    private void claim(String name) {
        if (ownParameters.containsKey(name) || ownBuffers.containsKey(name) || children.containsKey(name)) {
            throw new IllegalArgumentException("expected a name that is not taken, got " + name + " twice");
        }
    }
}
