package io.gramian.golden;

/** Worst errors of one implementation on one case or method. NaN is worse than any number. */
final class Score {
    private double value;
    private double gradient;
    private boolean hasGradient;
    private int checks;

    /** A number: relative to what was expected, absolute below 1e-3. */
    void value(double actual, double expected) {
        absolute((actual - expected) / Math.max(Math.abs(expected), 1e-3));
    }

    /** Numbers, relative to the largest. */
    void values(double[] actual, double[] expected) {
        if (actual.length != expected.length) {
            throw new AssertionError("expected " + expected.length + " values, got " + actual.length);
        }
        double largest = 0;
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            error = Math.max(error, Math.abs(actual[i] - expected[i]));
        }
        absolute(error / (largest == 0 ? 1 : largest));
    }

    /** An error that is already measured against something. */
    void absolute(double error) {
        value = Math.max(value, Math.abs(error));
        checks++;
    }

    void gradient(double[] actual, GoldenGradient expected) {
        gradient = Math.max(gradient, expected.error(actual));
        hasGradient = true;
        checks++;
    }

    void add(Score other) {
        value = Math.max(value, other.value);
        gradient = Math.max(gradient, other.gradient);
        hasGradient |= other.hasGradient;
        checks += other.checks;
    }

    double value() {
        return value;
    }

    double gradient() {
        return gradient;
    }

    boolean hasGradient() {
        return hasGradient;
    }

    int checks() {
        return checks;
    }
}
