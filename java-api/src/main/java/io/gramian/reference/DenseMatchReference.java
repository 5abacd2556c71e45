package io.gramian.reference;

/** DenseCL's correspondence in float64: for each cell the most similar cell of the other map of the image. */
public final class DenseMatchReference {
    private DenseMatchReference() {}

    /** Rows of b for the rows of a, both (images cells x channels); the first of equals. */
    public static int[] value(double[] a, double[] b, int images, int cells, int channels) {
        double[] x = RowProducts.unit(a, images * cells, channels);
        double[] y = RowProducts.unit(b, images * cells, channels);
        int[] match = new int[images * cells];
        for (int i = 0; i < match.length; i++) {
            int first = i / cells * cells;
            match[i] = first;
            for (int j = first; j < first + cells; j++) {
                if (RowProducts.dot(x, i, y, j, channels) > RowProducts.dot(x, i, y, match[i], channels)) {
                    match[i] = j;
                }
            }
        }
        return match;
    }
}
