package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.models.data.Batch;
import io.gramian.models.data.BatchLoader;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.ssl.SslNetwork;
import io.gramian.spectrum.Spectrum;
import java.util.Arrays;

/** Watches for collapse: the spectrum of the embeddings of the same few images, in evaluation mode. */
final class SpectrumProbe implements AutoCloseable {
    private final Tensor images;
    private double effectiveRank = Double.NaN;

    private SpectrumProbe(Tensor images) {
        this.images = images;
    }

    static SpectrumProbe of(Device device, TrainConfig config, DatasetSpec spec, ImageDataset images) {
        int count = Math.min(config.record().probe(), images.size());
        try (BatchLoader loader = Loading.probe(device, config, spec, images, count);
                Batch batch = loader.next()) {
            Tensor view = batch.views().get(0);
            return new SpectrumProbe(
                    Scope.detach(Tensor.empty(device, view.shape().toArray()).copyFrom(view)));
        }
    }

    /** Measures and logs the spectrum after a step. */
    void measure(SslNetwork network, TrainLog log, long step, int epoch) {
        try (Scope scope = Scope.open()) {
            network.training(false);
            Tensor z = Autograd.noGrad(
                    () -> network.forward(Variable.constant(images)).value());
            Spectrum spectrum = Spectrum.of(z);
            effectiveRank = spectrum.effectiveRank();
            double deviation =
                    Arrays.stream(Spectrum.unitRowDeviations(z)).average().orElse(Double.NaN);
            log.spectrum(step, epoch, spectrum, deviation);
        } finally {
            network.training(true);
        }
    }

    /** Of the last measurement; NaN before the first. */
    double lastEffectiveRank() {
        return effectiveRank;
    }

    @Override
    public void close() {
        images.close();
    }
}
