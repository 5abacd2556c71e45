package io.gramian.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.gramian.Device;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;

/** An array of a golden file: {@code {"shape", "dtype", "data"}} or {@code "b64"}, little-endian. */
record GoldenArray(int[] shape, double[] data) {
    static GoldenArray of(JsonNode node) {
        int[] shape = ints(node.get("shape"));
        double[] data = node.has("b64") ? decode(node) : doubles(node.get("data"));
        int elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        if (elements != data.length) {
            throw new IllegalArgumentException(
                    "shape " + Arrays.toString(shape) + " has " + elements + " elements, the file " + data.length);
        }
        return new GoldenArray(shape, data);
    }

    static double[] doubles(JsonNode list) {
        double[] values = new double[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).asDouble();
        }
        return values;
    }

    static int[] ints(JsonNode list) {
        int[] values = new int[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).asInt();
        }
        return values;
    }

    private static double[] decode(JsonNode node) {
        ByteBuffer bytes = ByteBuffer.wrap(
                        Base64.getDecoder().decode(node.get("b64").asText()))
                .order(ByteOrder.LITTLE_ENDIAN);
        String dtype = node.get("dtype").asText();
        int size = dtype.equals("f64") ? 8 : 4;
        double[] values = new double[bytes.remaining() / size];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (dtype) {
                case "f64" -> bytes.getDouble();
                case "f32" -> bytes.getFloat();
                case "i32" -> bytes.getInt();
                default -> throw new IllegalArgumentException("unknown dtype " + dtype);
            };
        }
        return values;
    }

    int rows() {
        return shape[0];
    }

    int columns() {
        return shape[1];
    }

    int[] asInts() {
        return Arrays.stream(data).mapToInt(value -> (int) value).toArray();
    }

    /** A float32 tensor: inputs are exact in float32. */
    Tensor tensor(Device device) {
        float[] floats = new float[data.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) data[i];
        }
        return Tensor.of(device, floats, Arrays.stream(shape).asLongStream().toArray());
    }

    static double[] widen(Tensor tensor) {
        float[] floats = tensor.toFloats();
        double[] values = new double[floats.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats[i];
        }
        return values;
    }
}
