package io.gramian.benchmarks.report;

import io.gramian.backend.Precision;
import java.util.List;
import java.util.Locale;

/**
 * A row of the table of a GPU: what is measured, and beside what.
 *
 * @param kernel name of the work
 * @param rows rows of the matrix; matrices of a batch, images of both views
 * @param columns its columns; the side of a matrix or image
 * @param precision how operands of products are rounded, on both sides
 * @param peers names of the peers, the plain formula first
 */
public record GpuRow(String kernel, int rows, int columns, Precision precision, List<String> peers) {
    /** The authors' formula in PyTorch, and the same compiled. */
    private static final List<String> FORMULA = List.of("torch", "torch-compile");

    /** And the duality by hand. */
    private static final List<String> DUAL = List.of("torch", "torch-compile", "torch-dual", "torch-dual-compile");

    /** Every row, in the order in which they are measured: the table of a GPU has them all, measured or not. */
    public static final List<GpuRow> ALL = List.of(
            new GpuRow("barlow-twins", 256, 8192, Precision.TF32, DUAL),
            new GpuRow("barlow-twins", 1024, 8192, Precision.TF32, DUAL),
            new GpuRow("barlow-twins", 4096, 512, Precision.TF32, DUAL),
            new GpuRow("vicreg", 256, 8192, Precision.TF32, DUAL),
            new GpuRow("vicreg", 1024, 8192, Precision.TF32, DUAL),
            new GpuRow("vicreg", 4096, 512, Precision.TF32, DUAL),
            // rows of both views
            new GpuRow("nt-xent", 1024, 128, Precision.BFLOAT16, FORMULA),
            new GpuRow("nt-xent", 8192, 128, Precision.BFLOAT16, FORMULA),
            new GpuRow("nt-xent", 65536, 128, Precision.BFLOAT16, FORMULA),
            // 16 slices of 256 rows in all: rows of one view
            new GpuRow(
                    "w-mse",
                    2048,
                    128,
                    Precision.FLOAT32,
                    List.of("torch-loop", "torch-batched", "torch-batched-compile")),
            new GpuRow("singular-values", 1024, 512, Precision.FLOAT32, List.of("torch-svdvals", "torch-gram-eigh")),
            new GpuRow("singular-values", 1024, 8192, Precision.FLOAT32, List.of("torch-svdvals", "torch-gram-eigh")),
            // matrices by their side
            new GpuRow("eigenvalues", 64, 128, Precision.FLOAT32, List.of("torch-eigvalsh")),
            new GpuRow("eigenvalues", 64, 256, Precision.FLOAT32, List.of("torch-eigvalsh")),
            new GpuRow("eigenvalues", 32, 512, Precision.FLOAT32, List.of("torch-eigvalsh")),
            // images of both views by their side: views made of bytes on the GPU, ResNet-18, NT-Xent, SGD
            new GpuRow("step", 1024, 32, Precision.BFLOAT16, FORMULA));

    /** Keeps a copy of the peers. */
    public GpuRow {
        peers = List.copyOf(peers);
    }

    /** Sizes and precision, as in {@code 256x8192 tf32}: the shape of the row's measurements. */
    public String shape() {
        return rows + "x" + columns + " " + precision.name().toLowerCase(Locale.ROOT);
    }
}
