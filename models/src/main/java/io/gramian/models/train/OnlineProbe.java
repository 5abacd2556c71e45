package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.BatchNorm;
import io.gramian.autograd.optim.Sgd;
import io.gramian.backend.Fetched;
import io.gramian.backend.Probes;
import io.gramian.models.data.Batch;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import io.gramian.models.ssl.SslNetwork;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A linear classifier that learns beside the training, to see early whether the features come to know something. Its features are
 * those of the batch's first view by the network in evaluation mode, detached: normalised by their batch, then one linear layer,
 * cross-entropy, SGD of its own. Nothing flows back, nothing is drawn, no statistic of the network changes: training goes on with
 * the bits that it would have without. What is logged is the accuracy on the batch before the step that learns from it, so that no
 * image is judged by a classifier that has just seen it; a moving average over some {@value #MEMORY} steps. Nobody waits for a
 * GPU: loss and right answers are counted there, in float32 whatever the precision of the training.
 */
final class OnlineProbe implements AutoCloseable {
    private static final double RATE = 0.1;
    private static final double MOMENTUM = 0.9;
    private static final int MEMORY = 20;

    private final int every;
    private final ImageDataset images;
    private final BatchNorm norm;
    /** (features, classes) */
    private final Variable weight;

    private final Variable bias;
    private final Sgd optimizer;
    private double accuracy = Double.NaN;

    private OnlineProbe(int every, ImageDataset images, Device device, int features) {
        this.every = every;
        this.images = images;
        this.norm = new BatchNorm(device, features, false);
        this.weight = Variable.parameter(Tensor.zeros(device, features, images.classes()));
        this.bias = Variable.parameter(Tensor.zeros(device, images.classes()));
        this.optimizer = new Sgd(parameters(), new Sgd.Settings(MOMENTUM, 0, false));
    }

    /** The probe of a configuration; null if it asks for none, or the images have no labels. */
    static @Nullable OnlineProbe of(Device device, TrainConfig config, ImageDataset images, SslNetwork network) {
        int every = config.settings().small("record.online_probe");
        return every == 0 || images.classes() < 2
                ? null
                : new OnlineProbe(every, images, device, network.backbone().features());
    }

    private Map<String, Variable> parameters() {
        Map<String, Variable> parameters = new LinkedHashMap<>();
        parameters.put("weight", weight);
        parameters.put("bias", bias);
        return parameters;
    }

    /**
     * Judges the batch and learns from it, after the optimiser's step with this number, from 1. What is returned waits for what
     * came of it and writes that to a log: to be called once, step after step.
     */
    Consumer<TrainLog> step(SslNetwork network, Batch batch, long step, int epoch) {
        if (step % every != 0) {
            return log -> {};
        }
        int[] labels = IntStream.of(batch.indices()).map(images::label).toArray();
        Fetched<Probes.Fit> fit;
        try (Scope scope = Scope.open()) {
            Tensor features = features(network, batch.views().get(0));
            fit = learn(norm.forward(Variable.constant(features)).value(), labels);
        }
        return log -> {
            double now = (double) fit.get().correct() / labels.length;
            accuracy = Double.isNaN(accuracy) ? now : accuracy + (now - accuracy) / MEMORY;
            log.online(step, epoch, accuracy, fit.get().loss());
        };
    }

    /** A step of the classifier; its loss and right answers before. */
    private Fetched<Probes.Fit> learn(Tensor x, int[] labels) {
        Tensor w = weight.value();
        Tensor b = bias.value();
        Tensor dw = Tensor.empty(w.device(), w.shape().toArray());
        Tensor db = Tensor.empty(b.device(), b.shape().toArray());
        Fetched<Probes.Fit> fit = x.device()
                .backend()
                .probes()
                .softmaxRegression(x, labels, w, b, dw, db)
                .fetch();
        weight.gradient(dw);
        bias.gradient(db);
        optimizer.step(RATE);
        optimizer.zeroGrad();
        return fit;
    }

    private static Tensor features(SslNetwork network, Tensor view) {
        network.training(false);
        try {
            return Autograd.noGrad(() -> network.backbone().forward(Variable.constant(view)))
                    .value();
        } finally {
            network.training(true);
        }
    }

    /** Writes what the probe knows beside a checkpoint. */
    void save(Path checkpoint, long step) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("step", Long.toString(step));
        facts.put("accuracy", Double.toString(accuracy));
        Safetensors.write(beside(checkpoint), tensors(), facts);
    }

    /** Goes on from what was written at this step; from nothing if there is no such file. */
    void restore(Path checkpoint, long step) {
        Path path = beside(checkpoint);
        if (!Files.exists(path)) {
            return;
        }
        try (SafetensorsFile file = Safetensors.open(path)) {
            boolean fits = file.metadata().getOrDefault("step", "").equals(Long.toString(step))
                    && file.names().equals(tensors().keySet())
                    && tensors().entrySet().stream().allMatch(each -> file.shape(each.getKey())
                            .equals(each.getValue().shape()));
            if (fits) {
                tensors().forEach(file::readInto);
                accuracy = Double.parseDouble(file.metadata().getOrDefault("accuracy", "NaN"));
            }
        }
    }

    private static Path beside(Path checkpoint) {
        return checkpoint.resolveSibling("online_probe.safetensors");
    }

    private Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        parameters().forEach((name, parameter) -> tensors.put("head." + name, parameter.value()));
        optimizer.state().forEach((name, tensor) -> tensors.put("optimizer." + name, tensor));
        return tensors;
    }

    @Override
    public void close() {
        optimizer.close();
        weight.close();
        bias.close();
        norm.close();
    }
}
