package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.CheckReturnValue;
import io.gramian.backend.Numbers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a loss on exactly two matrices checks before it looks at their shapes. */
final class TwoViews {
    private TwoViews() {}

    static void check(String loss, List<Tensor> views) {
        if (views.size() != 2) {
            throw new IllegalArgumentException(loss + ": expected 2 views, got " + views.size());
        }
        Check.matrix("views[0]", views.get(0));
        Check.matrix("views[1]", views.get(1));
    }

    static void check(String loss, List<Tensor> views, List<Tensor> gradients) {
        check(loss, views);
        if (gradients.size() != 2) {
            throw new IllegalArgumentException(loss + ": expected 2 gradients, one per view, got " + gradients.size());
        }
    }

    /** One kernel on two views. */
    @FunctionalInterface
    interface Kernel {
        /** Gradients of both views, or null twice. */
        @CheckReturnValue
        Numbers on(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb);
    }

    /** The kernel on views and gradients that were checked; null for the value alone. */
    @CheckReturnValue
    static Numbers on(String loss, List<Tensor> views, @Nullable List<Tensor> gradients, Kernel kernel) {
        if (gradients == null) {
            check(loss, views);
            return kernel.on(views.get(0), views.get(1), null, null);
        }
        check(loss, views, gradients);
        return kernel.on(views.get(0), views.get(1), gradients.get(0), gradients.get(1));
    }
}
