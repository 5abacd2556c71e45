package io.gramian.models.format;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network as an ONNX model in the making: nodes in the order in which they run, float32 weights, one input, one output. Fields
 * are those of {@code onnx.proto} of the ONNX project; opset 17, which runtimes since 2022 have. Weights are written straight from
 * their tensors, which have to stay open until {@link #write}.
 */
public final class OnnxGraph {
    private static final int IR_VERSION = 8;
    private static final int OPSET = 17;
    private static final int FLOAT = 1;
    private static final int INT64 = 7;
    /** ModelProto is one protobuf message, and those end at 2 GB. */
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    private final String name;
    private final List<ProtoMessage> nodes = new ArrayList<>();
    private final List<Weight> weights = new ArrayList<>();
    private final Set<String> weightNames = new LinkedHashSet<>();
    private final List<ProtoMessage> ends = new ArrayList<>();

    /** A tensor of the model: what stands before its elements, and they. */
    private record Weight(byte[] head, Tensor elements) {
        long size() {
            return head.length + elements.bytes();
        }
    }

    /** An empty graph with a name. */
    public OnnxGraph(String name) {
        this.name = name;
    }

    /** An attribute of a node. */
    public static final class Attribute {
        private final ProtoMessage message;

        private Attribute(String name, int type) {
            message = new ProtoMessage().text(1, name).int64(20, type);
        }

        /** A list of integers. */
        public static Attribute integers(String name, long... values) {
            Attribute attribute = new Attribute(name, 7);
            for (long value : values) {
                attribute.message.int64(8, value);
            }
            return attribute;
        }

        /** One integer. */
        public static Attribute integer(String name, long value) {
            Attribute attribute = new Attribute(name, 2);
            attribute.message.int64(3, value);
            return attribute;
        }

        /** One number. */
        public static Attribute number(String name, float value) {
            Attribute attribute = new Attribute(name, 1);
            attribute.message.float32(2, value);
            return attribute;
        }
    }

    /** Adds the input, float32; sizes are numbers, or names of what may be of any size, as in {@code n, 3, height, width}. */
    public OnnxGraph input(String input, String... sizes) {
        ends.add(new ProtoMessage().message(11, value(input, sizes)));
        return this;
    }

    /** Adds the output, float32, as {@link #input}. */
    public OnnxGraph output(String output, String... sizes) {
        ends.add(new ProtoMessage().message(12, value(output, sizes)));
        return this;
    }

    /** Adds a weight, float32; the tensor is read by {@link #write}. Its name is what nodes call it. */
    public String weight(String weight, Tensor tensor) {
        claim(weight);
        weights.add(
                new Weight(head(weight, FLOAT, tensor.bytes(), tensor.shape().toArray()), tensor));
        return weight;
    }

    /** Adds a constant list of int64, such as a shape; it lives in the caller's scope. */
    public String integers(String constant, long... values) {
        claim(constant);
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(8, values.length)).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            bytes.putLong(value);
        }
        Tensor tensor = Tensor.ofBytes(Device.cpu(), bytes.array(), bytes.capacity());
        weights.add(new Weight(head(constant, INT64, tensor.bytes(), values.length), tensor));
        return constant;
    }

    /** Adds a constant int64 without axes, as indices are; it lives in the caller's scope. */
    public String index(String constant, long value) {
        claim(constant);
        ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
        Tensor tensor = Tensor.ofBytes(Device.cpu(), bytes.array(), bytes.capacity());
        weights.add(new Weight(head(constant, INT64, tensor.bytes()), tensor));
        return constant;
    }

    /** Adds a node with one output, which is its name, and returns that. */
    public String node(String operator, String output, List<String> inputs, Attribute... attributes) {
        ProtoMessage node = new ProtoMessage();
        inputs.forEach(input -> node.text(1, input));
        node.text(2, output).text(3, output).text(4, operator);
        for (Attribute attribute : attributes) {
            node.message(5, attribute.message);
        }
        nodes.add(node);
        return output;
    }

    private void claim(String weight) {
        if (!weightNames.add(weight)) {
            throw new IllegalArgumentException("expected a name that is not taken, got " + weight + " twice");
        }
    }

    private static byte[] head(String weight, int type, long bytes, long... sizes) {
        ProtoMessage tensor = new ProtoMessage();
        for (long size : sizes) {
            tensor.int64(1, size);
        }
        return tensor.int64(2, type).text(8, weight).announce(9, bytes).toBytes();
    }

    private static ProtoMessage value(String name, String... sizes) {
        ProtoMessage shape = new ProtoMessage();
        for (String size : sizes) {
            boolean fixed = size.matches("\\d+");
            shape.message(
                    1, fixed ? new ProtoMessage().int64(1, Long.parseLong(size)) : new ProtoMessage().text(2, size));
        }
        ProtoMessage tensor = new ProtoMessage().int64(1, FLOAT).message(2, shape);
        return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
    }

    /**
     * Writes the model through a temporary file.
     *
     * @param description what the model is, for people
     * @param metadata texts by name
     * @throws GramianException if it cannot be written or is too large for the format; an old file is then unchanged
     */
    public void write(Path path, String description, Map<String, String> metadata) {
        ProtoMessage begin = new ProtoMessage();
        nodes.forEach(node -> begin.message(1, node));
        byte[] graphBegin = begin.text(2, name).toBytes();
        byte[] graphEnd = joined(ends);
        long size = (long) graphBegin.length + graphEnd.length;
        for (Weight weight : weights) {
            size += weight.size()
                    + new ProtoMessage().announce(5, weight.size()).toBytes().length;
        }
        if (size > MOST_BYTES) {
            throw new GramianException("could not write " + path + ": the model has " + size
                    + " bytes, but the ONNX format ends at 2 GB; export it as safetensors");
        }
        ProtoMessage model = new ProtoMessage()
                .int64(1, IR_VERSION)
                .text(2, "gramian")
                .text(6, description)
                .message(8, new ProtoMessage().text(1, "").int64(2, OPSET));
        metadata.forEach(
                (key, text) -> model.message(14, new ProtoMessage().text(1, key).text(2, text)));
        byte[] modelBegin = model.announce(7, size).toBytes();
        AtomicFile.write(path, channel -> {
            AtomicFile.writeFully(channel, ByteBuffer.wrap(modelBegin));
            AtomicFile.writeFully(channel, ByteBuffer.wrap(graphBegin));
            for (Weight weight : weights) {
                byte[] announced = new ProtoMessage().announce(5, weight.size()).toBytes();
                AtomicFile.writeFully(channel, ByteBuffer.wrap(announced));
                AtomicFile.writeFully(channel, ByteBuffer.wrap(weight.head()));
                TensorChannel.write(channel, weight.elements());
            }
            AtomicFile.writeFully(channel, ByteBuffer.wrap(graphEnd));
        });
    }

    private static byte[] joined(List<ProtoMessage> parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        parts.forEach(part -> bytes.writeBytes(part.toBytes()));
        return bytes.toByteArray();
    }
}
