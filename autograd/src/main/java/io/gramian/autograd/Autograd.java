package io.gramian.autograd;

import java.util.function.Supplier;

/** Whether operations of this thread are recorded for {@link Variable#backward()}. They are, unless said otherwise. */
public final class Autograd {
    private static final ThreadLocal<Boolean> RECORDING = ThreadLocal.withInitial(() -> true);

    private Autograd() {}

    /** Runs a body whose operations are not recorded: nothing is saved, results are constants. */
    public static <T> T noGrad(Supplier<T> body) {
        boolean before = RECORDING.get();
        RECORDING.set(false);
        try {
            return body.get();
        } finally {
            RECORDING.set(before);
        }
    }

    /** Runs a body whose operations are not recorded. */
    public static void noGrad(Runnable body) {
        noGrad(() -> {
            body.run();
            return Boolean.TRUE;
        });
    }

    /** Whether this thread records. */
    public static boolean recording() {
        return RECORDING.get();
    }

    /** Whether an operation on these inputs has to be recorded: this thread records and an input needs a gradient. */
    public static boolean records(Variable... inputs) {
        if (!recording()) {
            return false;
        }
        for (Variable input : inputs) {
            if (input.requiresGradient()) {
                return true;
            }
        }
        return false;
    }
}
