package io.gramian.golden;

import com.fasterxml.jackson.databind.JsonNode;

/** Large inputs from a SplitMix64 counter: element i of view v is {@code float(0.6 u(seed, i) + 0.4 u(seed + 1000 + v, i))}. */
final class Recipe {
    private Recipe() {}

    static GoldenArray make(JsonNode recipe, String name) {
        int view = 0;
        while (!recipe.path("views").path(view).asText().equals(name)) {
            if (view >= recipe.path("views").size()) {
                throw new IllegalArgumentException("no input " + name + ", neither listed nor in a recipe");
            }
            view++;
        }
        long seed = recipe.get("seed").asLong();
        int rows = recipe.get("rows").asInt();
        int columns = recipe.get("cols").asInt();
        double[] data = new double[Math.multiplyExact(rows, columns)];
        double sum = 0;
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) (0.6 * uniform(seed, i) + 0.4 * uniform(seed + 1000 + view, i));
            sum += data[i];
        }
        double[] check = GoldenArray.doubles(recipe.get("check").get(name));
        double[] actual = {data[0], data[1], data[data.length - 1], sum};
        for (int i = 0; i < check.length; i++) {
            if (!(Math.abs(actual[i] - check[i]) <= 1e-9 * Math.max(1, Math.abs(check[i])))) {
                throw new IllegalStateException(
                        name + ": the recipe's check " + check[i] + " came out as " + actual[i]);
            }
        }
        return new GoldenArray(new int[] {rows, columns}, data);
    }

    private static double uniform(long seed, int i) {
        return 2 * ((mix(seed + 0x9E3779B97F4A7C15L * (i + 1L)) >>> 11) * 0x1p-53) - 1;
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
