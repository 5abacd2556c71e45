package io.gramian.models.eval;

import io.gramian.Scope;
import io.gramian.Tensor;

/** Some rows of a matrix, in any order. */
final class RowSelection {
    /** Views that are open at a time. */
    private static final int VIEWS = 4096;

    private RowSelection() {}

    /** A copy whose row i is row {@code order[i]} of x (n, d), float32, of the caller's scope. */
    static Tensor of(Tensor x, int[] order) {
        Tensor selected = Tensor.empty(x.device(), order.length, x.shape().size(1));
        for (int from = 0; from < order.length; from += VIEWS) {
            try (Scope scope = Scope.open()) {
                for (int i = from; i < Math.min(order.length, from + VIEWS); i++) {
                    selected.rows(i, i + 1L).copyFrom(x.rows(order[i], order[i] + 1L));
                }
            }
        }
        return selected;
    }
}
