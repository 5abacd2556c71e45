package io.gramian.backend;

import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;

/**
 * Keeps native memory that we hold from call to call out of the hands of a caller who works with JavaCPP too. A
 * {@link PointerScope} that is open on a thread frees every pointer that was made on it, ours included.
 */
public final class OwnPointers {
    private OwnPointers() {}

    /** Runs a body whose pointers belong to no scope of the caller's. */
    public static <T> T run(Supplier<T> body) {
        PointerScope ours = new PointerScope().extend(); // extended: its end frees nothing
        try {
            return body.get();
        } finally {
            ours.close();
        }
    }
}
