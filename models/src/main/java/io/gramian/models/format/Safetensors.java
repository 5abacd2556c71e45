package io.gramian.models.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.gramian.Device;
import io.gramian.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Safetensors files: eight bytes with the header's length, a JSON header with type, shape and place of every tensor and a map of
 * texts, then the elements. Read strictly, written atomically, without a second copy of any tensor in memory.
 * Source: the format description of huggingface/safetensors.
 */
public final class Safetensors {
    private Safetensors() {}

    /**
     * Writes tensors and texts through a temporary file. The widest elements come first, so that all are aligned; otherwise the
     * order of the map is kept.
     *
     * @param tensors what to write, by name; {@code __metadata__} is not a name
     * @param metadata texts of the header
     * @throws io.gramian.GramianException if it cannot be written; an old file is then unchanged
     */
    public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) {
        if (tensors.containsKey(SafetensorsHeader.METADATA)) {
            throw new IllegalArgumentException("expected tensor names other than " + SafetensorsHeader.METADATA);
        }
        List<Map.Entry<String, Tensor>> order = new ArrayList<>(tensors.entrySet());
        order.sort(Comparator.comparingInt(entry -> -entry.getValue().dtype().bytes()));
        AtomicFile.write(path, channel -> {
            AtomicFile.writeFully(channel, header(order, metadata));
            for (Map.Entry<String, Tensor> entry : order) {
                TensorChannel.write(channel, entry.getValue());
            }
        });
    }

    /** Opens a file and checks its whole header; tensors are read when asked for. */
    public static SafetensorsFile open(Path path) {
        return SafetensorsFile.open(path);
    }

    /** Reads every tensor of a file, by name, in file order. */
    public static Map<String, Tensor> read(Device device, Path path) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        try (SafetensorsFile file = open(path)) {
            for (String name : file.names()) {
                tensors.put(name, file.read(device, name));
            }
        } catch (RuntimeException failure) {
            tensors.values().forEach(Tensor::close);
            throw failure;
        }
        return tensors;
    }

    private static ByteBuffer header(List<Map.Entry<String, Tensor>> tensors, Map<String, String> metadata)
            throws IOException {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        try (JsonGenerator writer = new JsonFactory().createGenerator(json)) {
            writer.writeStartObject();
            if (!metadata.isEmpty()) {
                writer.writeObjectFieldStart(SafetensorsHeader.METADATA);
                for (Map.Entry<String, String> text : metadata.entrySet()) {
                    writer.writeStringField(text.getKey(), text.getValue());
                }
                writer.writeEndObject();
            }
            long at = 0;
            for (Map.Entry<String, Tensor> entry : tensors) {
                Tensor tensor = entry.getValue();
                writer.writeObjectFieldStart(entry.getKey());
                writer.writeStringField("dtype", SafetensorsHeader.code(tensor.dtype()));
                writer.writeFieldName("shape");
                long[] sizes = tensor.shape().toArray();
                writer.writeArray(sizes, 0, sizes.length);
                writer.writeFieldName("data_offsets");
                writer.writeArray(new long[] {at, at + tensor.bytes()}, 0, 2);
                writer.writeEndObject();
                at += tensor.bytes();
            }
            writer.writeEndObject();
        }
        // padded with spaces, so that the elements start at a multiple of 8
        int length = (json.size() + 7) / 8 * 8;
        if (length > SafetensorsHeader.MAX_BYTES) {
            throw new IOException("its header of " + length + " bytes is longer than the format allows");
        }
        ByteBuffer bytes = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(length).put(json.toByteArray());
        while (bytes.hasRemaining()) {
            bytes.put((byte) ' ');
        }
        return bytes.flip();
    }
}
