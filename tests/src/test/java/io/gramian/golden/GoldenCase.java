package io.gramian.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.gramian.Device;
import io.gramian.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One file: a method, parameters, inputs (or the recipe that makes them), expected numbers and gradients. */
record GoldenCase(Path file, JsonNode root) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    static GoldenCase read(Path file) {
        try {
            JsonNode root = MAPPER.readTree(file.toFile());
            if (!root.path("method").isTextual() || !root.path("case").isTextual()) {
                throw new IllegalArgumentException(file + ": expected the fields method and case");
            }
            return new GoldenCase(file, root);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": not a golden case: " + e.getMessage(), e);
        }
    }

    String method() {
        return root.get("method").asText();
    }

    String name() {
        return root.get("case").asText();
    }

    double param(String name) {
        JsonNode node = root.path("params").path(name);
        if (!node.isNumber()) {
            throw new IllegalArgumentException(file + ": expected the number params." + name);
        }
        return node.asDouble();
    }

    double param(String name, double fallback) {
        return root.path("params").has(name) ? param(name) : fallback;
    }

    boolean flag(String name) {
        return root.path("params").path(name).asBoolean();
    }

    /** All parameter names that this case has. */
    List<String> params() {
        List<String> names = new ArrayList<>();
        root.path("params").fieldNames().forEachRemaining(names::add);
        return names;
    }

    GoldenArray input(String name) {
        if (root.path("inputs").has(name)) {
            return GoldenArray.of(root.get("inputs").get(name));
        }
        return Recipe.make(root.path("recipe"), name);
    }

    boolean hasInput(String name) {
        if (root.path("inputs").has(name)) {
            return true;
        }
        for (JsonNode view : root.path("recipe").path("views")) {
            if (view.asText().equals(name)) {
                return true;
            }
        }
        return false;
    }

    /** Inputs prefix0, prefix1 and so on, as many as there are. */
    List<GoldenArray> numbered(String prefix, int first) {
        List<GoldenArray> arrays = new ArrayList<>();
        for (int v = first; hasInput(prefix + v); v++) {
            arrays.add(input(prefix + v));
        }
        return arrays;
    }

    double expected(String name) {
        JsonNode node = root.path("expected").path(name);
        if (!node.isNumber()) {
            throw new IllegalArgumentException(file + ": expected the number expected." + name);
        }
        return node.asDouble();
    }

    boolean expects(String name) {
        return root.path("expected").has(name);
    }

    GoldenArray expectedArray(String name) {
        return GoldenArray.of(root.get("expected").get(name));
    }

    GoldenGradient gradient(String name) {
        return GoldenGradient.of(root.get("gradients").get(name));
    }

    static List<Tensor> tensors(Device device, List<GoldenArray> arrays) {
        return arrays.stream().map(array -> array.tensor(device)).toList();
    }

    /** Gradients to be overwritten, full of NaN. */
    static List<Tensor> poisoned(Device device, List<GoldenArray> arrays) {
        return arrays.stream()
                .map(array -> array.tensor(device).fill(Float.NaN))
                .toList();
    }
}
