package io.gramian.models.train;

import io.gramian.Tensor;
import io.gramian.models.config.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The backbone of {@link TinySystems} and projector in float64: one pass of the views of a batch. */
final class Encoder64 {
    private static final int CELLS = 4;
    private static final int SIDE = 2 * PatchBackbone.PATCH;

    private final List<Chain64> bodies = new ArrayList<>();
    private final List<Chain64> heads = new ArrayList<>();
    private final boolean headTogether;
    private final boolean transformer;
    private final int n;
    private final double[][] maps;
    private final double[][] embeddings;

    /**
     * Runs the pass.
     *
     * @param prefix of the parameters' names, as in {@code momentum.}
     * @param views images (n, 6, 6, 1) each
     */
    Encoder64(
            Map<String, double[]> values,
            Map<String, double[]> gradients,
            String prefix,
            Settings settings,
            List<double[]> views) {
        String statistics = settings.text("batch_statistics");
        boolean bodyTogether = statistics.equals("together");
        headTogether = !statistics.equals("separate");
        transformer = TinySystems.isTransformer(settings);
        n = views.get(0).length / (SIDE * SIDE);
        int count = views.size();
        List<double[]> inputs = bodyTogether ? List.of(joined(views)) : views;
        List<double[]> parts = new ArrayList<>();
        for (double[] input : inputs) {
            int rows = input.length / (SIDE * SIDE) * CELLS;
            Chain64 body = transformer
                    ? new Vit64(values, gradients, rows / CELLS, TinySystems.HEADS)
                            .of(prefix + "backbone.", patches(input), TinySystems.DEPTH)
                    : new Chain64(values, gradients, patches(input), rows)
                            .linear(prefix + "backbone.conv")
                            .norm(prefix + "backbone.norm")
                            .relu();
            bodies.add(body);
            parts.add(body.output());
        }
        maps = split(joined(parts), count);
        double[] features = transformer ? joined(parts) : pooled(joined(parts));
        int linears = settings.integers("projector.hidden").size() + 1;
        boolean projected = settings.small("projector.out") > 0;
        List<double[]> heard = headTogether ? List.of(features) : List.of(split(features, count));
        List<double[]> results = new ArrayList<>();
        for (double[] input : heard) {
            Chain64 head = new Chain64(
                    values,
                    gradients,
                    input,
                    input.length / (transformer ? TinySystems.WIDTH : PatchBackbone.FEATURES));
            if (projected) {
                head.head(
                        prefix + "projector",
                        linears,
                        settings.flag("projector.norm"),
                        !settings.text("projector.norm_last").equals("none"));
            }
            heads.add(head);
            results.add(head.output());
        }
        embeddings = split(joined(results), count);
    }

    /** Embeddings (n, d) of each view. */
    double[][] embeddings() {
        return embeddings;
    }

    /** Feature maps (n cells, c) of each view. */
    double[][] maps() {
        return maps;
    }

    int n() {
        return n;
    }

    /** Adds the gradients of the parameters from those of the embeddings and, if there are any, of the maps. */
    void backward(double[][] dEmbeddings, double[]... dMaps) {
        double[] dz = joined(List.of(dEmbeddings));
        List<double[]> dFeatures = new ArrayList<>();
        double[][] parts = split(dz, heads.size());
        for (int i = 0; i < heads.size(); i++) {
            dFeatures.add(heads.get(i).backward(parts[i]));
        }
        double[] dy = transformer ? joined(dFeatures) : spread(joined(dFeatures));
        if (dMaps.length > 0) {
            double[] more = joined(List.of(dMaps));
            for (int i = 0; i < dy.length; i++) {
                dy[i] += more[i];
            }
        }
        double[][] shares = split(dy, bodies.size());
        for (int i = 0; i < bodies.size(); i++) {
            bodies.get(i).backward(shares[i]);
        }
    }

    /** Images to rows of patches: the cells of an image below each other, row by row. */
    private static double[] patches(double[] images) {
        int p = PatchBackbone.PATCH;
        double[] rows = new double[images.length];
        int at = 0;
        for (int image = 0; image < images.length / (SIDE * SIDE); image++) {
            for (int cell = 0; cell < CELLS; cell++) {
                for (int y = 0; y < p; y++) {
                    for (int x = 0; x < p; x++) {
                        int row = cell / 2 * p + y;
                        rows[at++] = images[(image * SIDE + row) * SIDE + cell % 2 * p + x];
                    }
                }
            }
        }
        return rows;
    }

    private static double[] pooled(double[] cells) {
        int c = PatchBackbone.FEATURES;
        double[] means = new double[cells.length / CELLS];
        for (int i = 0; i < cells.length; i++) {
            means[i / (c * CELLS) * c + i % c] += cells[i] / CELLS;
        }
        return means;
    }

    private static double[] spread(double[] dMeans) {
        int c = PatchBackbone.FEATURES;
        double[] cells = new double[dMeans.length * CELLS];
        for (int i = 0; i < cells.length; i++) {
            cells[i] = dMeans[i / (c * CELLS) * c + i % c] / CELLS;
        }
        return cells;
    }

    /** The values of a float32 tensor. */
    static double[] widened(Tensor tensor) {
        float[] values = tensor.toFloats();
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    static double[] joined(List<double[]> parts) {
        return parts.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    static double[][] split(double[] whole, int count) {
        int size = whole.length / count;
        double[][] parts = new double[count][];
        for (int i = 0; i < count; i++) {
            parts[i] = Arrays.copyOfRange(whole, i * size, (i + 1) * size);
        }
        return parts;
    }
}
