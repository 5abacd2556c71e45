package io.gramian.models.format;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Shape;
import io.gramian.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/** An open safetensors file whose header was checked. One thread at a time. */
public final class SafetensorsFile implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final long dataAt;
    private final SafetensorsHeader header;

    private SafetensorsFile(Path path, FileChannel channel, long dataAt, SafetensorsHeader header) {
        this.path = path;
        this.channel = channel;
        this.dataAt = dataAt;
        this.header = header;
    }

    static SafetensorsFile open(Path path) {
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return open(path, channel);
            } catch (IOException | RuntimeException failure) {
                channel.close();
                throw failure;
            }
        } catch (NoSuchFileException missing) {
            throw new GramianException(
                    path + ": expected a safetensors file, but there is none; check the path", missing);
        } catch (IOException failure) {
            throw unreadable(path, failure);
        }
    }

    private static SafetensorsFile open(Path path, FileChannel channel) throws IOException {
        long size = channel.size();
        ByteBuffer start = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        if (!TensorChannel.readFully(channel, 0, start)) {
            throw new GramianException(
                    path + ": expected a safetensors file, got " + size + " bytes; the file is cut off");
        }
        long length = start.getLong(0);
        long most = Math.min(SafetensorsHeader.MAX_BYTES, size - 8);
        if (length < 2 || length > most) {
            throw new GramianException(path + ": expected a header of 2 to " + most + " bytes, got a length of "
                    + Long.toUnsignedString(length) + "; the file is cut off or not a safetensors file");
        }
        ByteBuffer json = ByteBuffer.allocate((int) length);
        TensorChannel.readFully(channel, 8, json);
        return new SafetensorsFile(
                path, channel, 8 + length, SafetensorsHeader.parse(path, json.array(), size - 8 - length));
    }

    /** The texts of the header. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /** Names of the tensors, in the order of their elements. */
    public Set<String> names() {
        return Collections.unmodifiableSet(header.entries().keySet());
    }

    /** Element type of a tensor. */
    public DType dtype(String name) {
        return entry(name).dtype();
    }

    /** Shape of a tensor. */
    public Shape shape(String name) {
        return Shape.of(entry(name).sizes());
    }

    /** Reads a tensor into new memory. */
    public Tensor read(Device device, String name) {
        SafetensorsHeader.Entry entry = entry(name);
        Tensor tensor = Tensor.empty(device, entry.dtype(), entry.sizes());
        try {
            readInto(name, tensor);
        } catch (RuntimeException failure) {
            tensor.close();
            throw failure;
        }
        return tensor;
    }

    /**
     * Reads a tensor into memory that is there, without another copy.
     *
     * @throws GramianException if type or shape differ: the file belongs to another network
     */
    public void readInto(String name, Tensor target) {
        SafetensorsHeader.Entry entry = entry(name);
        if (entry.dtype() != target.dtype() || !shape(name).equals(target.shape())) {
            throw new GramianException(path + ": expected " + name + " to be " + target.dtype() + " " + target.shape()
                    + ", got " + entry.dtype() + " " + shape(name) + "; the file belongs to another architecture");
        }
        try {
            if (!TensorChannel.read(channel, dataAt + entry.begin(), target)) {
                throw new GramianException(path + ": became shorter while it was read");
            }
        } catch (IOException failure) {
            throw unreadable(path, failure);
        }
    }

    private SafetensorsHeader.Entry entry(String name) {
        SafetensorsHeader.Entry entry = header.entries().get(name);
        if (entry == null) {
            throw new GramianException(path + ": expected a tensor named " + name + ", but it has only "
                    + header.entries().size() + " others; the file belongs to another architecture");
        }
        return entry;
    }

    private static GramianException unreadable(Path path, IOException failure) {
        return new GramianException(path + ": could not be read: " + failure.getMessage(), failure);
    }

    /** Closes the file; tensors that were read stay. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failure) {
            throw unreadable(path, failure);
        }
    }
}
