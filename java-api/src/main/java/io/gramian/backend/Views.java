package io.gramian.backend;

import io.gramian.Tensor;
import java.util.List;

/** Checks of the views of a loss. */
final class Views {
    private Views() {}

    /** At least two float32 matrices of one shape on one device. */
    static void check(List<Tensor> views) {
        Check.atLeast("views", views.size(), 2);
        checkAny(views);
    }

    /** At least one float32 matrix; all of one shape. */
    static void checkAny(List<Tensor> views) {
        Check.atLeast("views", views.size(), 1);
        Tensor first = views.get(0);
        Check.matrix("views[0]", first);
        for (int v = 1; v < views.size(); v++) {
            Check.matrix("views[" + v + "]", views.get(v));
            Check.sameShape("views[" + v + "]", views.get(v), "views[0]", first);
        }
    }

    /** One gradient per view, of its shape, in memory of its own. */
    static void checkGradients(List<Tensor> views, List<Tensor> gradients) {
        Check.count("gradients", gradients.size(), views.size());
        for (int v = 0; v < gradients.size(); v++) {
            String name = "gradients[" + v + "]";
            Check.matrix(name, gradients.get(v));
            Check.sameShape(name, gradients.get(v), "views[" + v + "]", views.get(v));
            for (int other = 0; other < views.size(); other++) {
                Check.disjoint(name, gradients.get(v), "views[" + other + "]", views.get(other));
                if (other < v) {
                    Check.disjoint(name, gradients.get(v), "gradients[" + other + "]", gradients.get(other));
                }
            }
        }
    }
}
