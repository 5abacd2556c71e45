package io.gramian.backend;

import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A result whose numbers are on their way from a device.
 *
 * @param <T> result
 */
public final class Fetched<T> {
    private @Nullable Supplier<T> coming;
    private @Nullable T known;

    private Fetched(@Nullable Supplier<T> coming, @Nullable T known) {
        this.coming = coming;
        this.known = known;
    }

    /** A result that is here. */
    public static <T> Fetched<T> known(@Nullable T value) {
        return new Fetched<>(null, value);
    }

    /** What the meaning makes of the bytes, which are given back then. */
    static <T> Fetched<T> arriving(PinnedBytes bytes, LongFunction<T> meaning) {
        Supplier<T> coming = () -> {
            try {
                bytes.arrived().synchronise();
                return meaning.apply(bytes.address());
            } finally {
                bytes.giveBack();
            }
        };
        return new Fetched<>(coming, null);
    }

    /** The result; waits until the numbers have arrived. */
    @SuppressWarnings("NullAway") // a body that gives null has a nullable T
    public synchronized T get() {
        Supplier<T> waits = coming;
        if (waits != null) {
            coming = null;
            known = waits.get();
        }
        return known;
    }
}
