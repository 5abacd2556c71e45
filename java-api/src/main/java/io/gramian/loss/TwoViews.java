package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.List;

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
}
