package io.gramian.models.eval;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.GlobalAveragePool;
import io.gramian.autograd.nn.Module;
import io.gramian.backend.Check;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.ViewRenderer;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Turns the images of a data set into features (n, d) that are then frozen: by a backbone in evaluation mode, or the
 * pixels themselves. Images pass in batches, nothing is recorded for a backward pass, and each image gets the same view
 * every time.
 */
public final class FeatureExtractor {
    private final Device device;
    private final int batch;

    /**
     * Creates an extractor.
     *
     * @param device where features go
     * @param batch images at a time, at least 1
     */
    public FeatureExtractor(Device device, int batch) {
        Check.atLeast("batch", batch, 1);
        this.device = device;
        this.batch = batch;
    }

    /**
     * Features by a backbone, averaged over what is left of height and width.
     *
     * @param backbone from images (n, h, w, c) to (n, d) or (n, h', w', d); its training mode is as before afterwards
     * @param view how images are resized and normalised; nothing random, as in
     *     {@link io.gramian.models.augment.Recipes#evaluation}
     * @return features (size of the data, d), of the caller's scope, with the labels
     */
    public Evaluation.Labelled network(Module backbone, ImageDataset data, Augmentation view) {
        boolean before = backbone.training();
        backbone.training(false);
        try {
            return extract(
                    data, view, images -> Autograd.noGrad(() -> pooled(backbone.forward(Variable.constant(images)))));
        } finally {
            backbone.training(before);
        }
    }

    /**
     * The pixels in [0, 1], flattened.
     *
     * @param size side of the square that images are resized to
     * @return features (size of the data, size * size * channels), of the caller's scope, with the labels
     */
    public Evaluation.Labelled pixels(ImageDataset data, int size) {
        return extract(data, Augmentation.plain(size), images -> {
            long n = images.shape().size(0);
            return images.reshape(n, images.elements() / n);
        });
    }

    private static Tensor pooled(Variable output) {
        return output.value().shape().rank() == 4
                ? new GlobalAveragePool().forward(output).value()
                : output.value();
    }

    private Evaluation.Labelled extract(ImageDataset data, Augmentation view, UnaryOperator<Tensor> features) {
        int n = data.size();
        Check.atLeast("images of " + data.name(), n, 1);
        if (view.crop().random()) {
            throw new IllegalArgumentException("view: expected one without a random crop, as in Recipes.evaluation");
        }
        try (Scope scope = Scope.open();
                ViewRenderer renderer = new ViewRenderer(device, 0)) {
            Tensor all = null;
            for (int from = 0; from < n; from += batch) {
                int to = Math.min(n, from + batch);
                try (Scope step = Scope.open()) {
                    int[] indices = IntStream.range(from, to).toArray();
                    Tensor part = features.apply(renderer.render(data, indices, view, 0, 0, 0));
                    if (all == null) {
                        all = step.keep(Tensor.empty(device, n, part.shape().size(1)));
                    }
                    all.rows(from, to).copyFrom(part);
                }
            }
            return new Evaluation.Labelled(scope.keep(Objects.requireNonNull(all)), data.labels());
        }
    }
}
