package io.gramian.backend;

import io.gramian.Tensor;
import org.jspecify.annotations.Nullable;

/** Checks that the contrastive losses share. */
final class ContrastiveChecks {
    private ContrastiveChecks() {}

    static void views(Tensor za, Tensor zb, float temperature) {
        Check.matrix("za", za);
        Check.matrix("zb", zb);
        Check.sameShape("zb", zb, "za", za);
        Check.temperature(temperature);
    }

    /** Both gradients or neither. */
    static void gradients(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb) {
        if ((dza == null) != (dzb == null)) {
            throw new IllegalArgumentException(
                    "expected both gradients or neither, got only " + (dza == null ? "dzb" : "dza"));
        }
        if (dza != null && dzb != null) {
            gradient("dza", dza, za, zb);
            gradient("dzb", dzb, za, zb);
            Check.disjoint("dza", dza, "dzb", dzb);
        }
    }

    private static void gradient(String name, Tensor dz, Tensor za, Tensor zb) {
        Check.matrix(name, dz);
        Check.sameShape(name, dz, "za", za);
        Check.disjoint(name, dz, "za", za);
        Check.disjoint(name, dz, "zb", zb);
    }

    /** How many leading features count. */
    static void width(long width, Tensor z) {
        long d = z.shape().size(1);
        if (width < 0 || width > d) {
            throw new IllegalArgumentException(
                    "width: expected from 0 to the " + d + " features of " + z.shape() + ", got " + width);
        }
    }

    /** A loss whose logarithm runs over negatives only needs another image. */
    static void negatives(Tensor z) {
        if (z.shape().size(0) < 2) {
            throw new IllegalArgumentException("za: expected at least 2 rows, got "
                    + z.shape().size(0) + "; one image has no negatives, and this loss is not defined without them");
        }
    }
}
