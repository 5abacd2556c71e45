package io.gramian.autograd;

import io.gramian.DType;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One bfloat16 copy of a parameter, 2 bytes an element, for all products of a step. It is made where it is first needed, not
 * by the optimiser: moving averages, checkpoints and users write weights too, and announce it ({@link Tensor#touch}).
 */
final class RoundedCopy {
    private final AtomicReference<@Nullable Tensor> copy = new AtomicReference<>();
    private volatile @Nullable Made made;

    /** What the copy is of: it counts as long as all of these are the same. */
    private record Made(Stream stream, long era, long version) {}

    /** The copy of a parameter's value as it is now. */
    Tensor of(Tensor value) {
        Stream stream = value.device().backend().memory().current();
        Made last = made;
        if (last != null && last.stream() != stream) { // which may be behind that one, or before it
            return passing(value);
        }
        Made now = new Made(stream, stream.era(), value.version());
        Tensor mine = copy.get();
        if (mine == null) {
            mine = claim(Scope.detach(empty(value)));
        }
        if (!now.equals(last)) {
            round(value, mine);
            made = now;
        }
        return mine;
    }

    /** The copy, which another thread may have allocated at the same time. */
    private Tensor claim(Tensor fresh) {
        Tensor other = copy.compareAndExchange(null, fresh);
        if (other == null) {
            return fresh;
        }
        fresh.close();
        return other;
    }

    private static Tensor empty(Tensor like) {
        return Tensor.empty(like.device(), DType.BFLOAT16, like.shape().toArray());
    }

    private static Tensor round(Tensor value, Tensor to) {
        value.device().backend().linearAlgebra().convert(value, to);
        return to;
    }

    /** A copy that nobody keeps, in the innermost scope. */
    static Tensor passing(Tensor value) {
        return round(value, empty(value));
    }

    void close() {
        Tensor mine = copy.getAndSet(null);
        made = null;
        if (mine != null) {
            mine.close();
        }
    }
}
