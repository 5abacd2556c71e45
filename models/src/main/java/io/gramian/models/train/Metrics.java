package io.gramian.models.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gramian.GramianException;
import io.gramian.models.format.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** {@code metrics.jsonl}: one JSON object a line, each written at once, so that a kill costs at most the last line. */
public final class Metrics implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path path;
    private final FileChannel channel;

    private Metrics(Path path) {
        this.path = path;
        try {
            this.channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    /** Opens the file of a new run. */
    public static Metrics create(Path path) {
        return new Metrics(path);
    }

    /**
     * Opens the file of a run that goes on: what was written after its checkpoint is dropped, so that the file reads as if
     * training had never stopped.
     *
     * @param steps steps that the checkpoint has taken; lines of later steps go
     */
    public static Metrics resume(Path path, long steps) {
        StringBuilder kept = new StringBuilder();
        for (JsonNode line : read(path)) {
            boolean timed = line.path("step").isIntegralNumber();
            if (timed && line.path("step").asLong() <= steps) {
                kept.append(line).append('\n');
            }
        }
        AtomicFile.writeString(path, kept);
        return new Metrics(path);
    }

    /** An empty object of this type, as in {@code {"type": "step"}}. */
    public static ObjectNode line(String type) {
        return JSON.createObjectNode().put("type", type);
    }

    /** The lines of a file; a last line that was cut off is left out, and so is a missing file's content. */
    public static List<JsonNode> read(Path path) {
        List<JsonNode> lines = new ArrayList<>();
        if (!Files.exists(path)) {
            return lines;
        }
        try {
            String text = Files.readString(path);
            int number = 0;
            for (int start = 0; start < text.length(); ) {
                int end = text.indexOf('\n', start);
                if (end < 0) {
                    break;
                }
                number++;
                lines.add(parse(path, number, text.substring(start, end)));
                start = end + 1;
            }
        } catch (IOException e) {
            throw new GramianException(path + " could not be read: " + e.getMessage(), e);
        }
        return lines;
    }

    private static JsonNode parse(Path path, int number, String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new GramianException(
                    path + ", line " + number + ": expected a JSON object, got " + e.getOriginalMessage(), e);
        }
    }

    /** Appends one line. */
    public void write(ObjectNode line) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    /** Forces what was written to the disk. */
    public void flush() {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    private static GramianException failure(Path path, IOException e) {
        return new GramianException("could not write " + path + ": " + e.getMessage(), e);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failure(path, e);
        }
    }
}
