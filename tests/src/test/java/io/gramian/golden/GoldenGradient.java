package io.gramian.golden;

import com.fasterxml.jackson.databind.JsonNode;

/** An expected gradient: whole, or sampled at some flat positions with its Euclidean norm and largest magnitude. */
record GoldenGradient(int[] indices, double[] data, double largest, double norm) {
    static GoldenGradient of(JsonNode node) {
        if (node.path("sampled").asBoolean()) {
            return new GoldenGradient(
                    GoldenArray.ints(node.get("indices")),
                    GoldenArray.doubles(node.get("data")),
                    node.get("absmax").asDouble(),
                    node.get("l2").asDouble());
        }
        double[] data = GoldenArray.of(node).data();
        int[] indices = new int[data.length];
        double largest = 0;
        double squares = 0;
        for (int i = 0; i < data.length; i++) {
            indices[i] = i;
            largest = Math.max(largest, Math.abs(data[i]));
            squares += data[i] * data[i];
        }
        return new GoldenGradient(indices, data, largest, Math.sqrt(squares));
    }

    /** A gradient no larger than this is 0 but for the rounding of whoever computed it. */
    private static final double NOTHING = 1e-12;

    /** Largest difference, and difference of the norms, relative to the largest entry and the norm; absolute if those are 0. */
    double error(double[] actual) {
        double error = 0;
        for (int i = 0; i < indices.length; i++) {
            error = Math.max(error, Math.abs(actual[indices[i]] - data[i]));
        }
        double squares = 0;
        for (double value : actual) {
            squares += value * value;
        }
        double ofNorm = Math.abs(Math.sqrt(squares) - norm) / (norm <= NOTHING ? 1 : norm);
        return Math.max(error / (largest <= NOTHING ? 1 : largest), ofNorm);
    }
}
