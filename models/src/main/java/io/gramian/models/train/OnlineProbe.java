package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.BatchNorm;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.nn.Init;
import io.gramian.autograd.nn.Linear;
import io.gramian.autograd.optim.Sgd;
import io.gramian.models.data.Batch;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.eval.CrossEntropy;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import io.gramian.models.ssl.SslNetwork;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A linear classifier that learns beside the training, to see early whether the features come to know something. Its features are
 * those of the batch's first view by the network in evaluation mode, detached: normalised by their batch, then one linear layer,
 * cross-entropy, SGD of its own. Nothing flows back, nothing is drawn, no statistic of the network changes: training goes on with
 * the bits that it would have without. What is logged is the accuracy on the batch before the step that learns from it, so that no
 * image is judged by a classifier that has just seen it; a moving average over some {@value #MEMORY} steps.
 */
final class OnlineProbe implements AutoCloseable {
    private static final double RATE = 0.1;
    private static final double MOMENTUM = 0.9;
    private static final int MEMORY = 20;
    private static final long STREAM = 0x0A11E5;

    private final int every;
    private final ImageDataset images;
    private final BatchNorm norm;
    private final Linear head;
    private final Sgd optimizer;
    private double accuracy = Double.NaN;

    private OnlineProbe(int every, ImageDataset images, BatchNorm norm, Linear head) {
        this.every = every;
        this.images = images;
        this.norm = norm;
        this.head = head;
        this.optimizer = new Sgd(head.parameters(), new Sgd.Settings(MOMENTUM, 0, false));
    }

    /** The probe of a configuration; null if it asks for none, or the images have no labels. */
    static @Nullable OnlineProbe of(Device device, TrainConfig config, ImageDataset images, SslNetwork network) {
        int every = config.settings().small("record.online_probe");
        if (every == 0 || images.classes() < 2) {
            return null;
        }
        int features = network.backbone().features();
        Generator generator = Generator.of(config.seed() ^ STREAM);
        Linear head = new Linear(device, features, images.classes(), true, Init.KAIMING_FAN_OUT, generator);
        head.parameters().values().forEach(parameter -> parameter.value().fill(0));
        return new OnlineProbe(every, images, new BatchNorm(device, features, false), head);
    }

    /** Judges the batch, learns from it, and logs; after the optimiser's step with this number, from 1. */
    void step(SslNetwork network, Batch batch, long step, int epoch, TrainLog log) {
        if (step % every != 0) {
            return;
        }
        int[] labels = IntStream.of(batch.indices()).map(images::label).toArray();
        try (Scope scope = Scope.open()) {
            Tensor features = features(network, batch.views().get(0));
            Variable logits = head.forward(norm.forward(Variable.constant(features)));
            double now = agreement(logits.value().toFloats(), labels);
            accuracy = Double.isNaN(accuracy) ? now : accuracy + (now - accuracy) / MEMORY;
            Variable loss = CrossEntropy.apply(logits, labels);
            log.online(step, epoch, accuracy, loss.value().item());
            loss.backward();
            optimizer.step(RATE);
            optimizer.zeroGrad();
        }
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

    private static double agreement(float[] logits, int[] labels) {
        int classes = logits.length / labels.length;
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            int best = 0;
            for (int c = 1; c < classes; c++) {
                best = logits[i * classes + c] > logits[i * classes + best] ? c : best;
            }
            right += best == labels[i] ? 1 : 0;
        }
        return (double) right / labels.length;
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
        head.parameters().forEach((name, parameter) -> tensors.put("head." + name, parameter.value()));
        optimizer.state().forEach((name, tensor) -> tensors.put("optimizer." + name, tensor));
        return tensors;
    }

    @Override
    public void close() {
        optimizer.close();
        head.close();
        norm.close();
    }
}
