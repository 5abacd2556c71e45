package io.gramian.models.collapse;

import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.optim.Sgd;
import io.gramian.loss.InfoNce;
import io.gramian.spectrum.Spectrum;
import java.util.ArrayList;
import java.util.List;

/** Trains a toy network by SGD and measures spectra on the way. */
final class ToyTraining {
    /** Clean points whose embeddings are measured. */
    private static final int PROBE = 2000;

    private final ToySettings settings;
    private final ToyNetwork network;
    private final GaussianViews views;
    private final InfoNce loss;
    private final List<Long> steps = new ArrayList<>();
    private final List<Double> losses = new ArrayList<>();
    private final List<List<double[]>> weights = new ArrayList<>();
    private final List<double[]> embedding = new ArrayList<>();
    private final List<double[]> alignment = new ArrayList<>();

    ToyTraining(ToySettings settings, ToyNetwork network, GaussianViews views) {
        this.settings = settings;
        this.network = network;
        this.views = views;
        this.loss = new InfoNce(settings.temperature(), false, false);
        for (int layer = 0; layer < network.depth(); layer++) {
            weights.add(new ArrayList<>());
        }
    }

    /** Trains with this learning rate and returns what was measured. */
    ToyHistory run(double learningRate) {
        int measured = 0;
        try (Sgd optimizer = new Sgd(network.parameters(), new Sgd.Settings(0, 0, false))) {
            for (long step = 0; step <= settings.steps(); step++) {
                boolean due = step == (long) measured * settings.steps() / settings.snapshots();
                try (Scope scope = Scope.open()) {
                    List<Tensor> pair = views.pair(step);
                    Variable value = EmbeddingLoss.apply(
                            loss,
                            List.of(
                                    network.embed(Variable.constant(pair.get(0))),
                                    network.embed(Variable.constant(pair.get(1)))));
                    if (due) {
                        measure(step, value.value().item());
                        measured++;
                    }
                    if (step < settings.steps()) {
                        value.backward();
                        optimizer.step(learningRate);
                        optimizer.zeroGrad();
                    }
                }
            }
        }
        return new ToyHistory(
                steps.stream().mapToLong(Long::longValue).toArray(),
                losses.stream().mapToDouble(Double::doubleValue).toArray(),
                weights,
                embedding,
                alignment);
    }

    private void measure(long step, double value) {
        if (!Double.isFinite(value)) {
            throw new GramianException("collapse: the loss of step " + step + " on Gaussian points is " + value);
        }
        steps.add(step);
        losses.add(value);
        List<SmallSvd> decompositions = new ArrayList<>();
        for (int layer = 1; layer <= network.depth(); layer++) {
            SmallSvd svd = SmallSvd.of(widen(network.weight(layer)), settings.dimensions());
            weights.get(layer - 1).add(svd.s());
            decompositions.add(svd);
        }
        if (decompositions.size() == 2) {
            alignment.add(decompositions.get(1).alignment(decompositions.get(0)));
        }
        try (Scope scope = Scope.open()) {
            Tensor z = Autograd.noGrad(
                    () -> network.embed(Variable.constant(views.clean(PROBE))).value());
            embedding.add(Spectrum.ofCovariance(z, false).squares());
        }
    }

    private static double[] widen(Tensor tensor) {
        float[] values = tensor.toFloats();
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }
}
