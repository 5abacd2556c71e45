package io.gramian.models.backbone;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Check;

/**
 * Fixed two-dimensional sine-cosine position embedding of the patches of an image, behind a class token, as MoCo v3's vision
 * transformers add it.
 *
 * <p>With {@code q = dim / 4} frequencies {@code omega_k = temperature^(-k / q)}, k from 0, the patch in row y and column x of
 * the grid gets
 * {@code [sin(x omega_0..), cos(x omega_0..), sin(y omega_0..), cos(y omega_0..)]}, q values each. The class token, row 0, gets
 * zeros. An image of another size than the network's has its patches between the places of that one's: x becomes
 * {@code (x + 1/2) step - 1/2}, and y as well, which is where interpolation would look, but exact.
 *
 * <p>Result: (height width + 1, dim), values in [-1, 1]. Computed in float64 and rounded once. O(height width dim) time, and
 * as much memory. The grid must have at least one patch.
 *
 * <p>Source: Chen, Xie, He, <i>An Empirical Study of Training Self-Supervised Vision Transformers</i>, ICCV 2021, section 4;
 * {@code facebookresearch/moco-v3: vits.py, build_2d_sincos_position_embedding}, whose order of rows is
 * {@link Order#AUTHORS}.
 *
 * @param height rows of patches, at least 1
 * @param width columns of patches, at least 1
 * @param dim width of the embedding, a positive multiple of 4
 * @param temperature ratio of the largest to the smallest frequency (but for one step), above 0; 10000 in the authors' code
 * @param order which patch each row of the result belongs to
 * @param step distance of two patches in places of the network's grid, above 0; 1 for its own
 */
public record SineCosinePositions(int height, int width, int dim, double temperature, Order order, double step) {
    /** Which patch the rows of the result, after the class token, belong to. */
    public enum Order {
        /**
         * Column by column: row {@code 1 + x height + y}. Patches of an image come row by row, so that the authors' networks
         * add the embedding of the transposed place: harmless on a square grid, a mix-up on others. Their published weights
         * need it.
         */
        AUTHORS,
        /** Row by row, as patches come: row {@code 1 + y width + x}. */
        PATCHES
    }

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if a number is out of its range
     */
    public SineCosinePositions {
        Check.atLeast("height", height, 1);
        Check.atLeast("width", width, 1);
        if (dim < 4 || dim % 4 != 0) {
            throw new IllegalArgumentException("dim: expected a positive multiple of 4 (sine and cosine of two"
                    + " coordinates), got " + dim + "; choose a width such as " + (Math.max(dim, 1) + 3) / 4 * 4);
        }
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature: expected a finite number above 0, got " + temperature);
        }
        Check.positive("step", step);
    }

    /** Patches at places of their own: step 1. */
    public SineCosinePositions(int height, int width, int dim, double temperature, Order order) {
        this(height, width, dim, temperature, order, 1);
    }

    /** The authors' embedding of a square grid: temperature 10000, {@link Order#AUTHORS}. */
    public static SineCosinePositions square(int side, int dim) {
        return new SineCosinePositions(side, side, dim, 10_000, Order.AUTHORS);
    }

    /** The embedding of an image with so many patches a side, for a network with the grid of {@code square(network, dim)}. */
    static SineCosinePositions resized(int side, int network, int dim) {
        return new SineCosinePositions(side, side, dim, 10_000, Order.AUTHORS, (double) network / side);
    }

    /** Rows of the result: patches and the class token. */
    public int tokens() {
        return Math.addExact(Math.multiplyExact(height, width), 1);
    }

    /** The embedding in float64, row by row. */
    public double[] values() {
        int quarter = dim / 4;
        double[] values = new double[Math.multiplyExact(tokens(), dim)];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int token = 1 + (order == Order.AUTHORS ? x * height + y : y * width + x);
                for (int k = 0; k < quarter; k++) {
                    double frequency = Math.pow(temperature, -(double) k / quarter);
                    int at = token * dim + k;
                    values[at] = Math.sin(place(x) * frequency);
                    values[at + quarter] = Math.cos(place(x) * frequency);
                    values[at + 2 * quarter] = Math.sin(place(y) * frequency);
                    values[at + 3 * quarter] = Math.cos(place(y) * frequency);
                }
            }
        }
        return values;
    }

    private double place(int patch) {
        return (patch + 0.5) * step - 0.5;
    }

    /** The embedding as a float32 tensor (tokens, dim), of the caller's scope. */
    public Tensor tensor(Device device) {
        double[] exact = values();
        float[] rounded = new float[exact.length];
        for (int i = 0; i < exact.length; i++) {
            rounded[i] = (float) exact[i];
        }
        return Tensor.of(device, rounded, tokens(), dim);
    }
}
