package io.gramian.autograd;

import io.gramian.DType;
import io.gramian.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds where numbers went bad: the first tensor of a computation, in the order in which it ran, with a NaN or an
 * infinity.
 */
public final class GraphCheck {
    private GraphCheck() {}

    /**
     * The first tensor behind a variable that is not finite, in words, as in {@code the output of Convolution with
     * backbone.conv1.weight, (256, 28, 28, 32)}. Parameters come first, then inputs, then the outputs of operations.
     * To be
     * called before {@link Variable#backward()}, which frees them.
     *
     * @param root end of the computation
     * @param parameters names of the parameters
     */
    public static Optional<String> firstNotFinite(Variable root, Map<String, Variable> parameters) {
        Map<Variable, String> names = new IdentityHashMap<>();
        for (Map.Entry<String, Variable> parameter : parameters.entrySet()) {
            names.put(parameter.getValue(), parameter.getKey());
            if (!isFinite(parameter.getValue().value())) {
                return Optional.of("the parameter " + parameter.getKey() + ", "
                        + parameter.getValue().value().shape());
            }
        }
        List<Variable> computed = behind(root);
        for (Variable variable : computed) {
            for (Variable input : inputs(variable)) {
                if (input.creator() == null && !names.containsKey(input) && !isFinite(input.value())) {
                    return Optional.of("an input of " + words(variable, names) + ", "
                            + input.value().shape());
                }
            }
            if (!isFinite(variable.value())) {
                return Optional.of("the output of " + words(variable, names) + ", "
                        + variable.value().shape());
            }
        }
        return Optional.empty();
    }

    /** Outputs of all operations behind a variable, oldest first. */
    private static List<Variable> behind(Variable root) {
        Set<Variable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        ArrayDeque<Variable> open = new ArrayDeque<>();
        open.add(root);
        while (!open.isEmpty()) {
            Variable variable = open.pop();
            if (variable.creator() != null && seen.add(variable)) {
                inputs(variable).forEach(open::push);
            }
        }
        List<Variable> ordered = new ArrayList<>(seen);
        ordered.sort(Comparator.comparingLong(GraphCheck::order));
        return ordered;
    }

    private static long order(Variable variable) {
        Function creator = variable.creator();
        return creator == null ? -1 : creator.order();
    }

    private static List<Variable> inputs(Variable variable) {
        Function creator = variable.creator();
        return creator == null ? List.of() : List.of(creator.inputs());
    }

    private static String words(Variable variable, Map<Variable, String> names) {
        Function creator = variable.creator();
        String operation = creator == null ? "an input" : creator.name();
        for (Variable input : inputs(variable)) {
            String parameter = names.get(input);
            if (parameter != null) {
                return operation + " with " + parameter;
            }
        }
        return operation
                + (inputs(variable).isEmpty() ? "" : source(inputs(variable).get(0), names));
    }

    private static String source(Variable input, Map<Variable, String> names) {
        Function creator = input.creator();
        if (creator == null) {
            return "";
        }
        for (Variable each : creator.inputs()) {
            String parameter = names.get(each);
            if (parameter != null) {
                return " after " + creator.name() + " with " + parameter;
            }
        }
        return " after " + creator.name();
    }

    /** Whether every element of a float32 or bfloat16 tensor is a finite number. */
    public static boolean isFinite(Tensor tensor) {
        if (tensor.dtype() == DType.BFLOAT16) {
            try (Tensor wide = Tensor.empty(tensor.device(), tensor.shape().toArray())) {
                tensor.device().backend().linearAlgebra().convert(tensor, wide);
                return isFinite(wide);
            }
        }
        return tensor.device().backend().optimizers().firstNotFinite(List.of(tensor)) < 0;
    }
}
