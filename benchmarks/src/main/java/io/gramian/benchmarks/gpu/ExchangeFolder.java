package io.gramian.benchmarks.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.gramian.benchmarks.report.GpuRow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the peers' scripts get: {@code work.json}, the rows to measure and the small shapes on which to agree first, and a
 * folder of float32 files (little endian) with inputs and our results for each of these.
 */
final class ExchangeFolder {
    private final Path folder;
    private final List<Map<String, Object>> checks = new ArrayList<>();

    ExchangeFolder(Path folder) {
        this.folder = folder;
    }

    /** One small case: what went in and what came out. */
    void add(String kernel, int rows, int columns, Map<String, float[]> arrays) throws IOException {
        String name = kernel + "-" + rows + "x" + columns;
        Path target = Files.createDirectories(folder.resolve(name));
        for (Map.Entry<String, float[]> array : arrays.entrySet()) {
            ByteBuffer bytes =
                    ByteBuffer.allocate(Float.BYTES * array.getValue().length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(array.getValue());
            Files.write(target.resolve(array.getKey() + ".f32"), bytes.array());
        }
        Map<String, Object> check = new LinkedHashMap<>();
        check.put("kernel", kernel);
        check.put("rows", rows);
        check.put("columns", columns);
        check.put("folder", name);
        checks.add(check);
    }

    /** Writes the list of work. */
    void write(List<GpuRow> rows) throws IOException {
        List<Map<String, Object>> work = new ArrayList<>();
        for (GpuRow row : rows) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("kernel", row.kernel());
            entry.put("rows", row.rows());
            entry.put("columns", row.columns());
            entry.put("precision", row.precision().name().toLowerCase(Locale.ROOT));
            entry.put("shape", row.shape());
            entry.put("peers", row.peers());
            work.add(entry);
        }
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(folder.resolve("work.json").toFile(), Map.of("checks", checks, "rows", work));
    }
}
