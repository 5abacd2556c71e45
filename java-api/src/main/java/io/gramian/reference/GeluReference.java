package io.gramian.reference;

/** GELU in float64: {@code y = x Phi(x)} with the distribution function Phi of the normal distribution. */
public final class GeluReference {
    private GeluReference() {}

    /** {@code x Phi(x)}. */
    public static double value(double x) {
        return x * distribution(x);
    }

    /** {@code Phi(x) + x phi(x)}. */
    public static double derivative(double x) {
        return distribution(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    /** Phi(x) with at least 12 correct digits, in the tails too. */
    public static double distribution(double x) {
        double a = Math.abs(x) / Math.sqrt(2);
        double tail = (a < 2.5 ? 1 - erf(a) : erfcOfLarge(a)) / 2;
        return x < 0 ? tail : 1 - tail;
    }

    /** {@code 2 / sqrt(pi) exp(-a^2) sum_n 2^n a^(2n+1) / (1 3 5 ... (2n+1))}: no term is negative. */
    private static double erf(double a) {
        double term = a;
        double sum = a;
        for (int n = 1; n < 100; n++) {
            term *= 2 * a * a / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-a * a) * sum;
    }

    /** The continued fraction {@code exp(-a^2) / sqrt(pi) / (a + (1/2) / (a + 1 / (a + (3/2) / (a + ...))))}. */
    private static double erfcOfLarge(double a) {
        double denominator = a;
        for (int k = 200; k >= 1; k--) {
            denominator = a + k / 2.0 / denominator;
        }
        return Math.exp(-a * a) / (Math.sqrt(Math.PI) * denominator);
    }
}
