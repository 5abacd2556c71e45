package io.gramian.autograd;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Visits the functions behind a variable from the newest to the oldest. A function is newer than those that made its
 * inputs,
 * so all gradients of an output have arrived when its function is visited; a heap takes the place of recursion.
 */
final class Engine {
    private Engine() {}

    static void run(Variable root, Tensor seed) {
        Check.sameShape("seed", seed, "the variable", root.tensor());
        Function first = root.creator();
        if (first == null) {
            seedLeaf(root, seed);
            return;
        }
        first.checkUnused();
        root.retain();
        root.accumulate(seed);
        PriorityQueue<Function> ready =
                new PriorityQueue<>(Comparator.comparingLong(Function::order).reversed());
        ready.add(first);
        for (Function function = ready.poll(); function != null; function = ready.poll()) {
            visit(function, ready);
        }
    }

    private static void seedLeaf(Variable leaf, Tensor seed) {
        if (!leaf.requiresGradient()) {
            throw new IllegalStateException("backward: the variable does not depend on a parameter,"
                    + " or was computed under noGrad or from a detached variable");
        }
        leaf.accumulate(seed);
    }

    private static void visit(Function function, PriorityQueue<Function> ready) {
        @Nullable Tensor[] gradients = function.differentiate(function.takeGradient());
        Variable[] inputs = function.inputs();
        for (int i = 0; i < inputs.length; i++) {
            Tensor gradient = gradients[i];
            Variable input = inputs[i];
            if (gradient == null) {
                continue;
            }
            if (!input.requiresGradient()) {
                gradient.close();
                continue;
            }
            Function creator = input.creator();
            if (input.accumulate(gradient) && creator != null) {
                ready.add(creator);
            }
        }
        function.releaseOutput();
    }
}
