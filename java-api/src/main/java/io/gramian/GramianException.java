package io.gramian;

import org.jspecify.annotations.Nullable;

/** A failure of a device, a kernel or a file: not a wrong argument, which is an {@link IllegalArgumentException}. */
public class GramianException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Creates an exception with a message that says what was expected, what came, and what to do. */
    public GramianException(String message) {
        super(message);
    }

    /** Creates an exception with a message and its cause. */
    public GramianException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
