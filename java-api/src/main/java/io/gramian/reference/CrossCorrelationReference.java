package io.gramian.reference;

/** Cross-correlation {@code C = standardised(a)^T standardised(b) / n} in float64. */
public final class CrossCorrelationReference {
    private CrossCorrelationReference() {}

    /** The matrix C (da x db, row-major) of a (n x da) and b (n x db). */
    public static double[] value(double[] a, double[] b, int n, int da, int db, double eps) {
        double[] u = StandardizeColumnsReference.value(a, n, da, eps);
        double[] v = StandardizeColumnsReference.value(b, n, db, eps);
        double[] c = new double[da * db];
        for (int k = 0; k < n; k++) {
            for (int i = 0; i < da; i++) {
                for (int j = 0; j < db; j++) {
                    c[i * db + j] += u[k * da + i] * v[k * db + j] / n;
                }
            }
        }
        return c;
    }

    /** Gradient with respect to a, given the gradient dc of the matrix. */
    public static double[] gradientA(double[] a, double[] b, double[] dc, int n, int da, int db, double eps) {
        double[] v = StandardizeColumnsReference.value(b, n, db, eps);
        double[] du = new double[n * da];
        for (int k = 0; k < n; k++) {
            for (int i = 0; i < da; i++) {
                for (int j = 0; j < db; j++) {
                    du[k * da + i] += v[k * db + j] * dc[i * db + j] / n;
                }
            }
        }
        return StandardizeColumnsReference.gradient(a, du, n, da, eps);
    }

    /** Gradient with respect to b, given the gradient dc of the matrix. */
    public static double[] gradientB(double[] a, double[] b, double[] dc, int n, int da, int db, double eps) {
        double[] transposed = new double[da * db];
        for (int i = 0; i < da; i++) {
            for (int j = 0; j < db; j++) {
                transposed[j * da + i] = dc[i * db + j];
            }
        }
        return gradientA(b, a, transposed, n, db, da, eps);
    }
}
