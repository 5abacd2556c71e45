package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.function.Linear;
import io.gramian.autograd.optim.Sgd;
import io.gramian.loss.InfoNce;
import io.gramian.reference.SpectrumReference;
import io.gramian.spectrum.Spectrum;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The toy of DirectCLR: linear layers trained by one-directional, unnormalised InfoNCE between two noisy views of a batch, whose
 * weights lose rank. Full batch, SGD; losses at every step, singular values at every tenth part.
 */
final class ToyCollapseRunner implements MethodRunner {
    private static final Set<String> PARAMS = Set.of("lr", "noise", "steps", "temperature", "layers");
    private static final int SNAPSHOTS = 10;

    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("toy_dimensional_collapse") && PARAMS.containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray x = golden.input("x");
        int n = x.rows();
        int d = x.columns();
        double[] a = sum(x.data(), golden.input("noise1").data());
        double[] b = sum(x.data(), golden.input("noise2").data());
        List<double[]> weights = new ArrayList<>();
        golden.numbered("w", 0).forEach(layer -> weights.add(layer.data().clone()));
        int steps = (int) golden.param("steps");
        double[] losses = new double[steps];
        List<double[]> spectra = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            if (step % (steps / SNAPSHOTS) == 0) {
                weights.forEach(w -> spectra.add(SpectrumReference.singularValues(w, d, d)));
            }
            losses[step] = step(a, b, n, d, weights, golden.param("temperature"), golden.param("lr"));
        }
        compare(golden, losses, spectra, weights, score);
    }

    /** One step of gradient descent; returns the loss before it. */
    private static double step(
            double[] a, double[] b, int n, int d, List<double[]> weights, double temperature, double rate) {
        List<double[]> one = activations(a, n, d, weights);
        List<double[]> other = activations(b, n, d, weights);
        double[] u = one.get(weights.size());
        double[] v = other.get(weights.size());
        double[] du = new double[n * d];
        double[] dv = new double[n * d];
        double loss = 0;
        for (int i = 0; i < n; i++) {
            double[] logits = new double[n];
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < d; k++) {
                    logits[j] += u[i * d + k] * v[j * d + k] / temperature;
                }
            }
            double largest = Arrays.stream(logits).max().orElseThrow();
            double total = Arrays.stream(logits)
                    .map(logit -> Math.exp(logit - largest))
                    .sum();
            loss += (largest + Math.log(total) - logits[i]) / n;
            for (int j = 0; j < n; j++) {
                double slope = (Math.exp(logits[j] - largest) / total - (i == j ? 1 : 0)) / (n * temperature);
                for (int k = 0; k < d; k++) {
                    du[i * d + k] += slope * v[j * d + k];
                    dv[j * d + k] += slope * u[i * d + k];
                }
            }
        }
        for (int layer = weights.size() - 1; layer >= 0; layer--) {
            double[] w = weights.get(layer).clone();
            descend(weights.get(layer), du, one.get(layer), n, d, rate);
            descend(weights.get(layer), dv, other.get(layer), n, d, rate);
            du = product(du, w, n, d, false);
            dv = product(dv, w, n, d, false);
        }
        return loss;
    }

    private static List<double[]> activations(double[] input, int n, int d, List<double[]> weights) {
        List<double[]> activations = new ArrayList<>(List.of(input));
        for (double[] w : weights) {
            activations.add(product(activations.get(activations.size() - 1), w, n, d, true));
        }
        return activations;
    }

    /** z W^T, or z W. */
    private static double[] product(double[] z, double[] w, int n, int d, boolean transposed) {
        double[] y = new double[n * d];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                for (int k = 0; k < d; k++) {
                    y[i * d + j] += z[i * d + k] * (transposed ? w[j * d + k] : w[k * d + j]);
                }
            }
        }
        return y;
    }

    private static void descend(double[] w, double[] dy, double[] x, int n, int d, double rate) {
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                for (int k = 0; k < d; k++) {
                    w[j * d + k] -= rate * dy[i * d + j] * x[i * d + k];
                }
            }
        }
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        GoldenArray x = golden.input("x");
        Tensor a = sum(golden, x, "noise1").tensor(device);
        Tensor b = sum(golden, x, "noise2").tensor(device);
        Map<String, Variable> weights = new LinkedHashMap<>();
        List<GoldenArray> layers = golden.numbered("w", 0);
        for (int layer = 0; layer < layers.size(); layer++) {
            weights.put("w" + layer, Variable.parameter(layers.get(layer).tensor(device)));
        }
        InfoNce loss = new InfoNce((float) golden.param("temperature"), false, false);
        int steps = (int) golden.param("steps");
        double[] losses = new double[steps];
        List<double[]> spectra = new ArrayList<>();
        try (Sgd optimizer = new Sgd(weights, new Sgd.Settings(0, 0, false))) {
            for (int step = 0; step < steps; step++) {
                if (step % (steps / SNAPSHOTS) == 0) {
                    weights.values()
                            .forEach(w -> spectra.add(Spectrum.of(w.value()).singularValues()));
                }
                try (Scope scope = Scope.open()) {
                    Variable value = EmbeddingLoss.apply(
                            loss, List.of(embed(Variable.constant(a), weights), embed(Variable.constant(b), weights)));
                    losses[step] = value.value().item();
                    value.backward();
                    optimizer.step(golden.param("lr"));
                    optimizer.zeroGrad();
                }
            }
        }
        List<double[]> trained =
                weights.values().stream().map(w -> GoldenArray.widen(w.value())).toList();
        compare(golden, losses, spectra, trained, score);
    }

    private static Variable embed(Variable z, Map<String, Variable> weights) {
        for (Variable w : weights.values()) {
            z = Linear.apply(z, w, null);
        }
        return z;
    }

    private static void compare(
            GoldenCase golden, double[] losses, List<double[]> spectra, List<double[]> weights, Score score) {
        score.values(losses, golden.expectedArray("losses").data());
        double[] all = spectra.stream().flatMapToDouble(Arrays::stream).toArray();
        score.values(all, golden.expectedArray("singular_values").data());
        for (int layer = 0; layer < weights.size(); layer++) {
            score.values(
                    weights.get(layer),
                    golden.expectedArray("w" + layer + "_final").data());
        }
    }

    private static GoldenArray sum(GoldenCase golden, GoldenArray x, String noise) {
        return new GoldenArray(x.shape(), sum(x.data(), golden.input(noise).data()));
    }

    private static double[] sum(double[] x, double[] y) {
        double[] sum = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            sum[i] = x[i] + y[i];
        }
        return sum;
    }
}
