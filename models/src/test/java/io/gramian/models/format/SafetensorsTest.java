package io.gramian.models.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.Mutations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
    @TempDir
    Path folder;

    private final Device device = Device.cpu();

    @Test
    void readsBackEveryTypeAndTheTexts() {
        Path file = folder.resolve("a.safetensors");
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (DType dtype : DType.values()) {
                tensors.put("t." + dtype, Tensor.empty(device, dtype, 3, 5).putBytes(0, pattern(15 * dtype.bytes())));
            }
            tensors.put("empty", Tensor.empty(device, 0, 7));
            tensors.put("scalar", Tensor.of(device, new float[] {4}));
            tensors.put("large", Tensor.empty(device, DType.UINT8, 3_000_001).putBytes(0, pattern(3_000_001)));
            Safetensors.write(file, tensors, Map.of("config", "{\"a\": \"\u00fc\\n\"}"));
            Map<String, Tensor> read = Safetensors.read(device, file);
            assertThat(read.keySet()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
            read.forEach((name, tensor) -> {
                assertThat(tensor.dtype()).isEqualTo(tensors.get(name).dtype());
                assertThat(tensor.shape()).isEqualTo(tensors.get(name).shape());
                assertThat(bytes(tensor)).isEqualTo(bytes(tensors.get(name)));
                tensor.close();
            });
            try (SafetensorsFile open = Safetensors.open(file)) {
                assertThat(open.metadata()).containsExactly(Map.entry("config", "{\"a\": \"\u00fc\\n\"}"));
                assertThat(open.names().iterator().next()).isEqualTo("t.FLOAT64");
            }
        }
    }

    @Test
    void readsAHandWrittenFile() throws IOException {
        Path file = folder.resolve("b.safetensors");
        Files.write(file, file("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}  ", new byte[] {
            0, 0, -128, 63
        }));
        try (Scope scope = Scope.open()) {
            assertThat(Safetensors.read(device, file).get("x").toFloats()).containsExactly(1f);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}} | no gap, no overlap
            {"x":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}} | no gap, no overlap
            {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,6]}} | expected 8 bytes for x [2], got 6 bytes
            {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} | expected 4 bytes behind the header, got 6
            {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | it may be cut off
            {"x":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}} | expected type F32, F64, BF16, I32, I64 or U8 for x, got F16
            {"x":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"x":{"dtype":"U8","shape":[6],"data_offsets":[0,6]}} | Duplicate
            {"x":{"dtype":"U8","shape":[-6],"data_offsets":[0,6]}} | whole numbers
            {"x":{"dtype":"U8","shape":[9223372036854775807,9],"data_offsets":[0,6]}} | more elements than any file
            {"x":{"dtype":"U8","shape":[6],"data_offsets":[6,0]}} | expected 6 bytes
            {"x":{"dtype":"U8","shape":[6],"data_offsets":[0,6],"z":1}} | the key z
            {"x":{"dtype":"U8","shape":[6]}} | two data_offsets
            {"x":{"dtype":"U8","shape":6,"data_offsets":[0,6]}} | lists
            {"__metadata__":{"a":1}} | an object of texts
            {"x":3} | an object in x
            {}{} | something behind it
             {} | starts with '{'
            {"x" | not valid
            """,
            ignoreLeadingAndTrailingWhitespace = true)
    void refusesEveryBrokenRule(String header, String message) throws IOException {
        Path file = folder.resolve("c.safetensors");
        String text = message.startsWith("starts") ? " " + header : header;
        Files.write(file, file(text, new byte[6]));
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("c.safetensors: ")
                .hasMessageContaining(message);
    }

    @Test
    void saysWhichTensorDoesNotFit() {
        Path file = folder.resolve("d.safetensors");
        try (Scope scope = Scope.open()) {
            Safetensors.write(file, Map.of("w", Tensor.zeros(device, 2, 3)), Map.of());
            try (SafetensorsFile open = Safetensors.open(file)) {
                assertThatThrownBy(() -> open.readInto("w", Tensor.zeros(device, 3, 2)))
                        .isInstanceOf(GramianException.class)
                        .hasMessageContaining("expected w to be FLOAT32 (3, 2), got FLOAT32 (2, 3)");
                assertThatThrownBy(() -> open.read(device, "v"))
                        .isInstanceOf(GramianException.class)
                        .hasMessageContaining("expected a tensor named v");
            }
        }
    }

    @Test
    void survivesDamage() throws IOException {
        Path file = folder.resolve("e.safetensors");
        try (Scope scope = Scope.open()) {
            Safetensors.write(
                    file,
                    Map.of("weight", Tensor.zeros(device, 2, 3), "bias", Tensor.ofInts(device, new int[3], 3)),
                    Map.of("step", "17"));
            byte[] valid = Files.readAllBytes(file);
            int refused = Mutations.survive(valid, file, 2, 4000, damaged -> Safetensors.read(device, damaged)
                    .values()
                    .forEach(Tensor::close));
            assertThat(refused).isBetween(2000, 3999);
        }
    }

    private static ByteBuffer pattern(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        for (int i = 0; i < count; i++) {
            bytes.put(i, (byte) (i * 13 + count));
        }
        return bytes;
    }

    private static byte[] bytes(Tensor tensor) {
        ByteBuffer bytes = ByteBuffer.allocate((int) tensor.bytes());
        tensor.getBytes(0, bytes);
        return bytes.array();
    }

    private static byte[] file(String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(data)
                .array();
    }
}
