package io.gramian.models.eval;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.AveragePool;
import io.gramian.autograd.function.Reshape;
import io.gramian.autograd.nn.Module;
import io.gramian.backend.Check;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.backbone.Backbone;
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
        return evaluated(backbone, data, view, images -> pooled(backbone.forward(images), 1));
    }

    /**
     * Features by a backbone, averaged over each of grid x grid cells of its last feature maps: what lies where in
     * the image is kept.
     *
     * @param grid cells a side, at most the side of the maps; 1 is {@link #network(Module, ImageDataset, Augmentation)}
     * @return features (size of the data, grid^2 d), of the caller's scope, with the labels
     */
    public Evaluation.Labelled cells(Backbone backbone, int grid, ImageDataset data, Augmentation view) {
        Check.atLeast("grid", grid, 1);
        return grid == 1
                ? network(backbone, data, view)
                : evaluated(backbone, data, view, images -> pooled(backbone.maps(images), grid));
    }

    private Evaluation.Labelled evaluated(
            Module backbone, ImageDataset data, Augmentation view, UnaryOperator<Variable> features) {
        boolean before = backbone.training();
        backbone.training(false);
        try {
            return extract(data, view, images -> Autograd.noGrad(() -> features.apply(Variable.constant(images)))
                    .value());
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

    private static Variable pooled(Variable output, int grid) {
        if (output.value().shape().rank() != 4) {
            return output;
        }
        long h = output.value().shape().size(1);
        long w = output.value().shape().size(2);
        if (grid > Math.min(h, w)) {
            throw new IllegalArgumentException("grid: expected at most the " + Math.min(h, w)
                    + " pixels of a side of the last feature maps, got " + grid);
        }
        // cells of the same size that overlap by a part of a cell where the side is not a multiple of the grid
        Variable cells = AveragePool.apply(output, h - (grid - 1) * (h / grid), w - (grid - 1) * (w / grid), h / grid);
        long n = cells.value().shape().size(0);
        return Reshape.apply(cells, n, cells.value().elements() / Math.max(1, n));
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
