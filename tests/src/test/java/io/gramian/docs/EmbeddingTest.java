package io.gramian.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.NtXent;
import io.gramian.page.LoadedLibraries;
import io.gramian.page.PageExample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/embedding.md without a trainer: buffers, and the C ABI from C. The trainers' examples run beside their adapters. */
class EmbeddingTest {
    private static final int N = 64;
    private static final int D = 32;

    private final Path root = PageExample.root();

    @Test
    void theExampleWithBuffers(@TempDir Path folder) throws IOException, InterruptedException {
        String output = PageExample.run("BuffersExample", folder);
        assertThat(PageExample.number(output, "loss")).isBetween(1.0, 6.24); // at most log(511)
        assertThat(Math.abs(PageExample.number(output, "gradient"))).isBetween(1e-9, 1e-2);
    }

    @Test
    void theExampleInCGivesWhatJavaGives(@TempDir Path folder) throws IOException, InterruptedException {
        Path source = root.resolve("docs/examples/c/nt_xent.c");
        assertThat(PageExample.c()).isEqualTo(Files.readString(source));
        Path library = LoadedLibraries.file("libgramian_cpu.so");
        Path program = folder.resolve("nt_xent");
        List<String> gcc = strictC();
        gcc.addAll(List.of(source.toString(), "-L" + library.getParent(), "-l:libgramian_cpu.so"));
        gcc.addAll(List.of("-Wl,--allow-shlib-undefined", "-o", program.toString()));
        compile(gcc);
        ProcessBuilder run = new ProcessBuilder(program.toString());
        run.environment().put("LD_LIBRARY_PATH", LoadedLibraries.folders());
        PageExample.Result result = PageExample.finished(run);
        assertThat(result.status()).as(result.output()).isZero();

        try (Scope scope = Scope.open()) {
            List<Tensor> z = List.of(numbers(1), numbers(2));
            List<Tensor> dz = List.of(Tensor.zeros(Device.cpu(), N, D), Tensor.zeros(Device.cpu(), N, D));
            double loss = new NtXent(0.5f).valueAndGradient(z, dz);
            assertThat(PageExample.number(result.output(), "loss")).isBetween(loss - 1e-8, loss + 1e-8);
            float first = dz.get(0).toFloats()[0];
            assertThat((float) PageExample.number(result.output(), "gradient")).isEqualTo(first);
        }
    }

    @Test
    void theHeadersAreC() throws IOException, InterruptedException {
        for (String header : List.of("gramian/gramian.h", "gramian/device.h")) {
            Path unit = Files.createTempFile("header", ".c");
            try {
                Files.writeString(
                        unit, "#include \"" + header + "\"\n#include \"" + header + "\"\nint one = GRAMIAN_OK;\n");
                List<String> gcc = strictC();
                gcc.addAll(List.of("-fsyntax-only", unit.toString()));
                compile(gcc);
            } finally {
                Files.delete(unit);
            }
        }
    }

    private List<String> strictC() {
        return new ArrayList<>(List.of(
                "gcc", "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-I" + root.resolve("native/include")));
    }

    private static void compile(List<String> command) throws IOException, InterruptedException {
        PageExample.Result result = PageExample.finished(new ProcessBuilder(command));
        assertThat(result.status()).as(result.output()).isZero();
    }

    /** What nt_xent.c fills its views with. */
    private static Tensor numbers(int seed) {
        float[] values = new float[N * D];
        int state = seed;
        for (int i = 0; i < values.length; i++) {
            state = state * 1664525 + 1013904223;
            values[i] = (state >>> 8) / 8388608.0f - 1.0f;
        }
        return Tensor.of(Device.cpu(), values, N, D);
    }
}
