package io.gramian.autograd;

import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Compares the gradients of {@link Variable#backward} with central differences {@code (f(p + h) - f(p - h)) / 2h} of
 * {@code f = sum(output * cotangent)}, a fixed random cotangent in [-1, 1). The forward pass runs in float32, the sum
 * in float64.
 *
 * @param step the step h, above 0
 * @param tolerance largest allowed {@code |analytic - numeric| / (1 + |numeric|)}
 * @param samples values checked per parameter; all of them when there are fewer
 * @param seed decides cotangent and samples
 */
public record GradientCheck(double step, double tolerance, int samples, long seed) {
    /** Step 1e-2, tolerance 1e-2, 20 values per parameter. */
    public static GradientCheck defaults() {
        return new GradientCheck(1e-2, 1e-2, 20, 1);
    }

    /**
     * Checks every parameter.
     *
     * @param forward computes the output from the parameters; gives the same output each time
     * @param parameters parameters by name
     * @throws AssertionError naming the first parameter and index that disagree; NaN disagrees
     */
    public void check(Supplier<Variable> forward, Map<String, Variable> parameters) {
        parameters.values().forEach(Variable::clearGradient);
        float[] cotangent;
        try (Scope scope = Scope.open()) {
            Variable output = forward.get();
            cotangent = cotangent(output.value().elements());
            Tensor seedTensor = Tensor.of(
                    output.value().device(), cotangent, output.value().shape().toArray());
            output.backward(seedTensor);
        }
        parameters.forEach((name, parameter) -> checkOne(name, parameter, forward, cotangent));
        parameters.values().forEach(Variable::clearGradient);
    }

    private float[] cotangent(long elements) {
        Random random = new Random(seed);
        float[] values = new float[Math.toIntExact(elements)];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * random.nextFloat() - 1;
        }
        return values;
    }

    private void checkOne(String name, Variable parameter, Supplier<Variable> forward, float[] cotangent) {
        Tensor gradient = parameter.grad();
        if (gradient == null) {
            throw new AssertionError(name + ": expected a gradient, got none");
        }
        float[] analytic = gradient.toFloats();
        float[] values = parameter.value().toFloats();
        Random random = new Random(seed);
        int count = Math.min(samples, values.length);
        for (int sample = 0; sample < count; sample++) {
            int index = count == values.length ? sample : random.nextInt(values.length);
            double numeric = difference(parameter.value(), values, index, forward, cotangent);
            double error = Math.abs(analytic[index] - numeric) / (1 + Math.abs(numeric));
            if (!(error <= tolerance)) {
                throw new AssertionError(
                        name + "[" + index + "]: gradient is " + analytic[index] + ", central difference is " + numeric
                                + ", relative error " + error + " is above " + tolerance);
            }
        }
    }

    private double difference(Tensor value, float[] values, int index, Supplier<Variable> forward, float[] cotangent) {
        float kept = values[index];
        values[index] = (float) (kept + step);
        double width = values[index];
        value.copyFrom(values);
        double above = objective(forward, cotangent);
        values[index] = (float) (kept - step);
        width -= values[index];
        value.copyFrom(values);
        double below = objective(forward, cotangent);
        values[index] = kept;
        value.copyFrom(values);
        return (above - below) / width;
    }

    private static double objective(Supplier<Variable> forward, float[] cotangent) {
        return Autograd.noGrad(() -> {
            try (Scope scope = Scope.open()) {
                float[] output = forward.get().value().toFloats();
                double sum = 0;
                for (int i = 0; i < output.length; i++) {
                    sum += (double) output[i] * cotangent[i];
                }
                return sum;
            }
        });
    }
}
