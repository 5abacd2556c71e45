package io.gramian.backend;

import io.gramian.Tensor;
import org.jspecify.annotations.Nullable;

/** What several operations of {@link Covariance} ask of their arguments. */
final class CovarianceChecks {
    private CovarianceChecks() {}

    static void statistics(
            String firstName,
            Tensor first,
            String secondName,
            Tensor second,
            long d,
            String inputName,
            Tensor input,
            String outputName,
            Tensor output) {
        Check.shape(firstName, first, d);
        Check.shape(secondName, second, d);
        Check.disjoint(firstName, first, secondName, second);
        Check.disjoint(firstName, first, inputName, input);
        Check.disjoint(firstName, first, outputName, output);
        Check.disjoint(secondName, second, inputName, input);
        Check.disjoint(secondName, second, outputName, output);
        if (output.address() != input.address()) {
            Check.disjoint(outputName, output, inputName, input);
        }
    }

    static void pair(Tensor a, Tensor b, float eps) {
        Check.matrix("a", a);
        Check.matrix("b", b);
        Check.positive("eps", eps);
        if (a.shape().size(0) != b.shape().size(0)) {
            throw new IllegalArgumentException("b: expected as many rows as a " + a.shape() + ", got " + b.shape());
        }
        Check.atLeast("rows of a", a.shape().size(0), 1);
    }

    static void apart(
            String outputName, Tensor output, String one, Tensor a, String two, Tensor b, String three, Tensor c) {
        Check.disjoint(outputName, output, one, a);
        Check.disjoint(outputName, output, two, b);
        Check.disjoint(outputName, output, three, c);
    }

    static void views(
            String aName,
            Tensor a,
            String bName,
            Tensor b,
            String daName,
            @Nullable Tensor da,
            String dbName,
            @Nullable Tensor db) {
        Check.matrix(aName, a);
        Check.matrix(bName, b);
        Check.sameShape(bName, b, aName, a);
        if (a.shape().size(0) < 2) {
            throw new IllegalArgumentException(
                    "batch: expected at least 2 rows, because one has no variance, got shape " + a.shape()
                            + "; use a larger batch, or drop the last incomplete one");
        }
        Check.atLeast("width of " + aName, a.shape().size(1), 1);
        if ((da == null) != (db == null)) {
            throw new IllegalArgumentException(
                    daName + " and " + dbName + ": expected both gradients or neither, got one");
        }
        if (da == null || db == null) {
            return;
        }
        Check.shape(daName, da, a.shape().toArray());
        Check.shape(dbName, db, a.shape().toArray());
        Check.disjoint(daName, da, dbName, db);
        for (Tensor gradient : new Tensor[] {da, db}) {
            String name = gradient == da ? daName : dbName;
            Check.disjoint(name, gradient, aName, a);
            Check.disjoint(name, gradient, bName, b);
        }
    }
}
