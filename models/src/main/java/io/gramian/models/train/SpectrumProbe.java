package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.backend.Deferred;
import io.gramian.backend.Event;
import io.gramian.backend.Fetched;
import io.gramian.backend.Stream;
import io.gramian.models.data.Batch;
import io.gramian.models.data.BatchLoader;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.ssl.SslNetwork;
import io.gramian.models.ssl.WhitenedSlices;
import io.gramian.spectrum.Spectrum;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Watches for collapse: spectra of the representations and embeddings of the same few images, in evaluation mode, and, where
 * the loss whitens slices, the condition of one of them as the loss sees it, with the statistics of its batch. Reads the
 * network and leaves it as it was.
 */
final class SpectrumProbe implements AutoCloseable {
    private final Tensor images;
    private final Optional<WhitenedSlices> slices;
    /** Titles of the warnings of the last reading. */
    private Set<String> standing = Set.of();

    private double effectiveRank = Double.NaN;

    private SpectrumProbe(Tensor images, Optional<WhitenedSlices> slices) {
        this.images = images;
        this.slices = slices;
    }

    static SpectrumProbe of(Device device, TrainConfig config, DatasetSpec spec, ImageDataset images) {
        int count = Math.min(config.record().probe(), images.size());
        try (BatchLoader loader = Loading.probe(device, config, spec, images, count);
                Batch batch = loader.next()) {
            Tensor view = batch.views().get(0);
            return new SpectrumProbe(
                    Scope.detach(Tensor.empty(device, view.shape().toArray()).copyFrom(view)),
                    // of fewer images a slice may be singular that is not in training
                    config.system().whitens(config.settings()).filter(each -> each.images() <= count));
        }
    }

    /** Both matrices of a measurement. */
    private record Parts(SpectrumReading.Part embedding, SpectrumReading.Part representation) {}

    /** Measures the spectra after a step. On a GPU nobody waits before somebody asks for them. */
    Fetched<SpectrumReading> measure(SslNetwork network) {
        Stream stream = images.device().backend().stream();
        Event begin = stream.newEvent();
        Event end = stream.newEvent();
        stream.record(begin);
        try (Scope scope = Scope.open()) {
            List<Tensor> both = seen(network);
            Deferred<SpectrumReading.Part> representation = SpectrumReading.Part.of(both.get(0));
            Deferred<SpectrumReading.Part> embedding =
                    both.get(0) == both.get(1) ? representation : SpectrumReading.Part.of(both.get(1));
            Deferred<Double> condition = slices.map(each -> condition(network, each))
                    .orElseGet(() -> Deferred.of(images.device(), () -> Double.NaN));
            stream.record(end);
            return embedding
                    .with(representation, Parts::new)
                    .with(
                            condition,
                            (parts, number) -> new SpectrumReading(
                                    parts.embedding(),
                                    parts.representation(),
                                    number,
                                    slices.isPresent(),
                                    seconds(begin, end)))
                    .fetch();
        }
    }

    private static double seconds(Event begin, Event end) {
        try (begin;
                end) {
            return end.millisecondsSince(begin) / 1e3;
        }
    }

    /** Features of the images and embeddings, in evaluation mode. */
    private List<Tensor> seen(SslNetwork network) {
        network.training(false);
        try {
            return Autograd.noGrad(() -> {
                Variable features = network.backbone().forward(Variable.constant(images));
                return List.of(features.value(), network.project(features).value());
            });
        } finally {
            network.training(true);
        }
    }

    /** Of the covariance {@code (1 - eps) C + eps I} of one slice. */
    private Deferred<Double> condition(SslNetwork network, WhitenedSlices each) {
        Tensor z;
        try {
            network.gathering(false);
            Tensor slice = images.rows(0, each.images());
            z = Autograd.noGrad(() -> network.forward(Variable.constant(slice)).value());
        } finally {
            network.gathering(true);
        }
        return Deferred.of(z.device(), () -> {
            double[] variances = Spectrum.ofCovariance(z, false).squares();
            double most = (1 - each.eps()) * variances[0] + each.eps();
            double least = (1 - each.eps()) * variances[variances.length - 1] + each.eps();
            return most / least;
        });
    }

    /** Takes note of a reading; the warnings that it has and the one before had not. */
    List<CollapseWarning> fresh(SpectrumReading reading, List<CollapseWarning> warnings) {
        effectiveRank = reading.embedding().spectrum().effectiveRank();
        List<CollapseWarning> fresh = new ArrayList<>(warnings);
        fresh.removeIf(warning -> standing.contains(warning.title()));
        Set<String> now = new TreeSet<>();
        warnings.forEach(warning -> now.add(warning.title()));
        standing = now;
        return fresh;
    }

    /** Of the last reading; NaN before the first. */
    double lastEffectiveRank() {
        return effectiveRank;
    }

    @Override
    public void close() {
        images.close();
    }
}
