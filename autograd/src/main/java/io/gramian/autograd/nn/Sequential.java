package io.gramian.autograd.nn;

import io.gramian.autograd.Variable;
import java.util.List;

/**
 * Modules one after the other, named 0, 1, 2, ... A {@link BatchNorm} followed by a {@link Relu} runs as one
 * operation.
 */
public final class Sequential extends Module {
    private final List<Module> modules;

    /** A chain of these modules. */
    public Sequential(Module... modules) {
        this.modules = List.of(modules);
        for (int i = 0; i < modules.length; i++) {
            add(Integer.toString(i), modules[i]);
        }
    }

    @Override
    public Variable forward(Variable x) {
        Variable y = x;
        for (int i = 0; i < modules.size(); i++) {
            Module module = modules.get(i);
            if (module instanceof BatchNorm norm && i + 1 < modules.size() && modules.get(i + 1) instanceof Relu) {
                y = norm.forward(y, null, true);
                i++;
            } else {
                y = module.forward(y);
            }
        }
        return y;
    }
}
