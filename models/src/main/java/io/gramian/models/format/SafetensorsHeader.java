package io.gramian.models.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.gramian.DType;
import io.gramian.GramianException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The JSON header of a safetensors file, with every rule of the format checked. Entries are in the order of their bytes. */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
    static final String METADATA = "__metadata__";
    /** The limit of the reference implementation. */
    static final long MAX_BYTES = 100_000_000;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** Type, shape and bytes [begin, end) of one tensor, counted from the end of the header. */
    record Entry(DType dtype, long[] sizes, long begin, long end) {}

    static String code(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> "F32";
            case FLOAT64 -> "F64";
            case BFLOAT16 -> "BF16";
            case INT32 -> "I32";
            case INT64 -> "I64";
            case UINT8 -> "U8";
        };
    }

    static SafetensorsHeader parse(Path path, byte[] json, long dataBytes) {
        if (json[0] != '{') {
            throw damaged(path, "a header that starts with '{'", "another first byte");
        }
        Map<String, Entry> entries = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(json)) {
            parser.nextToken();
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                if (name.equals(METADATA)) {
                    readMetadata(path, parser, metadata);
                } else {
                    entries.put(name, readEntry(path, name, parser));
                }
            }
            if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
                throw damaged(path, "one JSON object", "something behind it");
            }
        } catch (IOException failure) {
            String first =
                    String.valueOf(failure.getMessage()).lines().findFirst().orElse("an error");
            throw new GramianException(path + ": its header is not valid: " + first + "; the file is damaged", failure);
        }
        return new SafetensorsHeader(inOrder(path, entries, dataBytes), metadata);
    }

    private static void readMetadata(Path path, JsonParser parser, Map<String, String> metadata) throws IOException {
        require(path, parser.currentToken() == JsonToken.START_OBJECT, METADATA, "an object of texts");
        for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
            require(path, parser.nextToken() == JsonToken.VALUE_STRING, METADATA, "an object of texts");
            metadata.put(key, parser.getText());
        }
    }

    private static Entry readEntry(Path path, String name, JsonParser parser) throws IOException {
        require(path, parser.currentToken() == JsonToken.START_OBJECT, name, "an object");
        @Nullable DType dtype = null;
        long @Nullable [] sizes = null;
        long @Nullable [] offsets = null;
        for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
            parser.nextToken();
            switch (key) {
                case "dtype" -> dtype = dtype(path, name, parser.getText());
                case "shape" -> sizes = numbers(path, name, parser);
                case "data_offsets" -> offsets = numbers(path, name, parser);
                default -> throw damaged(path, "dtype, shape and data_offsets of " + name, "the key " + key);
            }
        }
        if (dtype == null || sizes == null || offsets == null || offsets.length != 2) {
            throw damaged(path, "dtype, shape and two data_offsets of " + name, "less");
        }
        Entry entry = new Entry(dtype, sizes, offsets[0], offsets[1]);
        if (entry.end() - entry.begin() != bytes(path, name, entry)) {
            throw damaged(
                    path,
                    bytes(path, name, entry) + " bytes for " + name + " " + Arrays.toString(sizes),
                    (entry.end() - entry.begin()) + " bytes");
        }
        return entry;
    }

    private static DType dtype(Path path, String name, String code) {
        for (DType dtype : DType.values()) {
            if (code(dtype).equals(code)) {
                return dtype;
            }
        }
        throw new GramianException(path + ": expected type F32, F64, BF16, I32, I64 or U8 for " + name + ", got " + code
                + "; convert it before saving");
    }

    private static long[] numbers(Path path, String name, JsonParser parser) throws IOException {
        require(path, parser.currentToken() == JsonToken.START_ARRAY, name, "shape and data_offsets that are lists");
        List<Long> numbers = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            boolean whole = parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
            require(path, whole && parser.getLongValue() >= 0, name, "whole numbers of at least 0");
            numbers.add(parser.getLongValue());
        }
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    private static long bytes(Path path, String name, Entry entry) {
        try {
            long bytes = entry.dtype().bytes();
            for (long size : entry.sizes()) {
                bytes = Math.multiplyExact(bytes, size);
            }
            return bytes;
        } catch (ArithmeticException overflow) {
            throw new GramianException(
                    path + ": the shape of " + name + " has more elements than any file can hold;"
                            + " the file is damaged",
                    overflow);
        }
    }

    /** Sorted by place; they must follow each other without gap or overlap and fill the file. */
    private static Map<String, Entry> inOrder(Path path, Map<String, Entry> entries, long dataBytes) {
        Map<String, Entry> sorted = new LinkedHashMap<>();
        long[] end = {0};
        entries.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, Entry> entry) ->
                                entry.getValue().begin())
                        .thenComparingLong(entry -> entry.getValue().end()))
                .forEach(entry -> {
                    if (entry.getValue().begin() != end[0]) {
                        throw damaged(
                                path,
                                entry.getKey() + " at byte " + end[0] + " (no gap, no overlap)",
                                "byte " + entry.getValue().begin());
                    }
                    end[0] = entry.getValue().end();
                    sorted.put(entry.getKey(), entry.getValue());
                });
        if (end[0] != dataBytes) {
            throw damaged(path, end[0] + " bytes behind the header", dataBytes + "; it may be cut off");
        }
        return sorted;
    }

    private static void require(Path path, boolean condition, String name, String expected) {
        if (!condition) {
            throw damaged(path, expected + " in " + name, "something else");
        }
    }

    private static GramianException damaged(Path path, String expected, String got) {
        return new GramianException(path + ": expected " + expected + ", got " + got + "; the file is damaged");
    }
}
