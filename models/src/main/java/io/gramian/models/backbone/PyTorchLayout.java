package io.gramian.models.backbone;

import io.gramian.DType;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Networks as PyTorch keeps them: the same names, and weights of convolutions as (out, in, h, w) in place of (out, h, w, in). */
final class PyTorchLayout {
    private PyTorchLayout() {}

    /**
     * What a file may hold.
     *
     * @param network whose names, for people
     * @param ignored names that stay unread
     * @param otherNames what to do where names differ
     * @param otherShapes what to do where shapes differ
     */
    record Expected(String network, Predicate<String> ignored, String otherNames, String otherShapes) {}

    /** Parameters and buffers by name. */
    static Map<String, Tensor> tensors(Backbone network) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> tensors.put(name, parameter.value()));
        tensors.putAll(network.buffers());
        return tensors;
    }

    /** A tensor of a network as a file has it; copies live in the caller's scope. */
    static Tensor outward(Tensor tensor) {
        return tensor.shape().rank() == 4 ? turned(tensor, true) : tensor;
    }

    /**
     * Reads a file into a network. Nothing is changed unless every tensor fits.
     *
     * @throws GramianException if the file is damaged or of another network, naming what is missing, what is too much, or the first
     *     tensor whose shape differs
     */
    static void read(Path path, Backbone network, Expected expected) {
        Map<String, Tensor> targets = tensors(network);
        try (SafetensorsFile file = Safetensors.open(path);
                Scope scope = Scope.open()) {
            check(path, file, targets, expected);
            targets.forEach((name, target) -> {
                if (target.shape().rank() == 4) {
                    target.copyFrom(turned(file.read(target.device(), name), false));
                } else {
                    file.readInto(name, target);
                }
            });
        }
    }

    private static void check(Path path, SafetensorsFile file, Map<String, Tensor> targets, Expected expected) {
        List<String> missing = new ArrayList<>(targets.keySet());
        missing.removeAll(file.names());
        List<String> extra = new ArrayList<>(file.names());
        extra.removeIf(name -> targets.containsKey(name) || expected.ignored().test(name));
        if (!missing.isEmpty() || !extra.isEmpty()) {
            throw new GramianException(path + ": expected the names of " + expected.network()
                    + " with these blocks; "
                    + (missing.isEmpty() ? "nothing is missing" : "missing are " + some(missing))
                    + "; " + (extra.isEmpty() ? "nothing is too much" : "too much are " + some(extra)) + "; "
                    + expected.otherNames());
        }
        targets.forEach((name, target) -> {
            long[] s = target.shape().toArray();
            Shape shape = s.length == 4 ? Shape.of(s[0], s[3], s[1], s[2]) : target.shape();
            if (file.dtype(name) != DType.FLOAT32 || !file.shape(name).equals(shape)) {
                throw new GramianException(path + ": expected " + name + " to be FLOAT32 " + shape + ", got "
                        + file.dtype(name) + " " + file.shape(name) + "; " + expected.otherShapes());
            }
        });
    }

    /** The first few names. */
    static String some(List<String> names) {
        int shown = Math.min(3, names.size());
        return String.join(", ", names.subList(0, shown))
                + (names.size() > shown ? " and " + (names.size() - shown) + " others" : "");
    }

    /** A copy of (out, h, w, in) as (out, in, h, w), or back. */
    private static Tensor turned(Tensor tensor, boolean forward) {
        long[] s = tensor.shape().toArray();
        int outer = Math.toIntExact(s[0]);
        int rows = Math.toIntExact(forward ? s[1] * s[2] : s[1]);
        int columns = Math.toIntExact(forward ? s[3] : s[2] * s[3]);
        float[] source = tensor.toFloats();
        float[] target = new float[source.length];
        for (int o = 0; o < outer; o++) {
            int at = o * rows * columns;
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    target[at + c * rows + r] = source[at + r * columns + c];
                }
            }
        }
        return forward
                ? Tensor.of(tensor.device(), target, s[0], s[3], s[1], s[2])
                : Tensor.of(tensor.device(), target, s[0], s[2], s[3], s[1]);
    }
}
