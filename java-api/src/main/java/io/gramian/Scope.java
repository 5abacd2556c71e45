package io.gramian;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Frees the tensors that were made inside it. Scopes nest; each belongs to the thread that opened it.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open()) {
 *     Tensor z = Tensor.zeros(device, 256, 128);   // freed at the end of the block
 *     return scope.keep(result);                   // survives: belongs to the scope around, if any
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {
    private static final ThreadLocal<@Nullable Scope> INNERMOST = new ThreadLocal<>();

    private final @Nullable Scope outer;
    private final List<Tensor> tensors = new ArrayList<>();
    private boolean closed;

    private Scope(@Nullable Scope outer) {
        this.outer = outer;
    }

    /** Opens a scope on this thread. */
    public static Scope open() {
        Scope scope = new Scope(INNERMOST.get());
        INNERMOST.set(scope);
        return scope;
    }

    /** Hands a tensor of this scope to the scope around it, or to the caller when there is none. */
    public Tensor keep(Tensor tensor) {
        if (tensor.scope() == this) {
            tensor.moveTo(outer);
            if (outer != null) {
                outer.tensors.add(tensor);
            }
        }
        return tensor;
    }

    /** Takes all tensors that still belong to this scope out of it: whoever asks closes them. */
    public List<Tensor> detachAll() {
        List<Tensor> mine = new ArrayList<>();
        for (Tensor tensor : tensors) {
            if (tensor.scope() == this) {
                mine.add(detach(tensor));
            }
        }
        tensors.clear();
        return mine;
    }

    /** Takes a tensor out of every scope: whoever holds it closes it. */
    public static Tensor detach(Tensor tensor) {
        tensor.moveTo(null);
        return tensor;
    }

    static @Nullable Scope adopt(Tensor tensor) {
        Scope scope = INNERMOST.get();
        if (scope != null) {
            scope.tensors.add(tensor);
        }
        return scope;
    }

    /** Frees the tensors that still belong to this scope, newest first. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (INNERMOST.get() != this) {
            throw new IllegalStateException("scopes must be closed innermost first, on the thread that opened them");
        }
        closed = true;
        INNERMOST.set(outer);
        for (int i = tensors.size() - 1; i >= 0; i--) {
            Tensor tensor = tensors.get(i);
            if (tensor.scope() == this) {
                tensor.close();
            }
        }
    }
}
