package io.gramian.models.collapse;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.optim.Sgd;
import io.gramian.autograd.optim.WarmupCosine;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.data.Batch;
import io.gramian.models.data.BatchLoader;
import io.gramian.models.data.ImageDataset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Trains one network on pairs of views and takes spectra on the way. */
final class ImageTraining {
    private static final double MOMENTUM = 0.9;
    private static final double WEIGHT_DECAY = 5e-4;
    private static final int AHEAD = 4;
    /** Part of the steps in which the learning rate rises. */
    private static final double WARMUP = 0.1;

    private final Device device;
    private final ImageSettings settings;
    private final VariantNetwork network;
    private final List<Long> steps = new ArrayList<>();
    private final List<Spectra> spectra = new ArrayList<>();
    private final double[] losses;

    /** Eigenvalues of covariances: of the representation, and of what the loss sees. */
    record Spectra(double[] representation, double[] embedding) {}

    ImageTraining(Device device, ImageSettings settings, VariantNetwork network) {
        this.device = device;
        this.settings = settings;
        this.network = network;
        this.losses = new double[settings.steps()];
    }

    /** Trains; the supplier measures the network as it is. */
    void run(ImageDataset images, List<Augmentation> views, Supplier<Spectra> measure) {
        BatchLoader.Settings loading = new BatchLoader.Settings(settings.batch(), settings.seed(), 1, AHEAD);
        WarmupCosine rate =
                new WarmupCosine(settings.learningRate(), (long) (WARMUP * settings.steps()), settings.steps(), 0);
        try (BatchLoader loader = new BatchLoader(device, images, views, loading, 0);
                Sgd optimizer = new Sgd(network.parameters(), new Sgd.Settings(MOMENTUM, WEIGHT_DECAY, false))) {
            for (int step = 0; step <= settings.steps(); step++) {
                if (step == (long) steps.size() * settings.steps() / settings.measurements()) {
                    steps.add((long) step);
                    spectra.add(measure.get());
                }
                if (step < settings.steps()) {
                    losses[step] = takeStep(loader, optimizer, rate.at(step));
                }
            }
        }
    }

    private double takeStep(BatchLoader loader, Sgd optimizer, double rate) {
        try (Scope scope = Scope.open();
                Batch batch = loader.next()) {
            List<Variable> embeddings = batch.views().stream()
                    .map(view -> network.forward(Variable.constant(view)))
                    .toList();
            Variable value = EmbeddingLoss.apply(network.loss(), embeddings);
            double loss = value.value().item();
            if (!Double.isFinite(loss)) {
                throw new GramianException("collapse: the loss of "
                        + network.variant().title() + " is " + loss + "; make the learning rate smaller");
            }
            value.backward();
            optimizer.step(rate);
            optimizer.zeroGrad();
            return loss;
        }
    }

    long[] steps() {
        return steps.stream().mapToLong(Long::longValue).toArray();
    }

    List<double[]> representations() {
        return spectra.stream().map(Spectra::representation).toList();
    }

    List<double[]> embeddings() {
        return spectra.stream().map(Spectra::embedding).toList();
    }

    double[] losses() {
        return losses;
    }
}
