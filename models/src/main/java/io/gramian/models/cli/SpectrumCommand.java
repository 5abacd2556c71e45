package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GraphCheck;
import io.gramian.models.report.SpectrumText;
import io.gramian.models.train.RunFolder;
import io.gramian.spectrum.Spectrum;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "spectrum",
        description = "Shows the singular values of embeddings and tells whether they collapsed.",
        footer = {
            "",
            "Examples:",
            "  gramian spectrum runs/20260101-120000-simclr-fashion-mnist",
            "  gramian spectrum embeddings.npy"
        })
final class SpectrumCommand extends ComputeCommand {
    @Parameters(paramLabel = "RUN|FILE", description = "Run folder, or an npy file of float32 embeddings (n, d).")
    private Path source = Path.of("");

    @Mixin
    private DeviceOption at = new DeviceOption();

    @Override
    public Integer call() {
        Device device = at.device();
        Path file = source;
        if (Files.isDirectory(source)) {
            try (RunFolder folder = RunFolder.open(source)) {
                file = folder.path().resolve("embeddings.npy");
            }
            if (!Files.exists(file)) {
                throw new GramianException(
                        "the run " + source + " has no embeddings yet; make them: gramian evaluate " + source);
            }
        }
        PrintWriter out = out();
        try (Scope scope = Scope.open()) {
            Tensor z = LossCommand.matrix(device, file);
            check(file, z);
            String title = file + ": " + z.shape().size(0) + " embeddings of "
                    + z.shape().size(1) + " dimensions";
            out.print(SpectrumText.of(title, Spectrum.of(z).singularValues()));
        }
        out.flush();
        return 0;
    }

    /** A spectrum of nothing, or of no numbers, would look like a collapse. */
    private static void check(Path file, Tensor z) {
        if (z.elements() == 0) {
            throw new GramianException(file + ": expected at least one embedding (n, d), got shape " + z.shape());
        }
        if (!GraphCheck.isFinite(z)) {
            float[] values = z.toFloats();
            int at = 0;
            while (Float.isFinite(values[at])) {
                at++;
            }
            long d = z.shape().size(1);
            throw new GramianException(file + ": expected finite numbers, got " + values[at] + " in row " + at / d
                    + ", column " + at % d + "; the run that made them probably diverged: look at its loss");
        }
    }
}
