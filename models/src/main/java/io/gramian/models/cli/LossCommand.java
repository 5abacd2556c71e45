package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.LossTerms;
import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.ConfigFile;
import io.gramian.models.config.Settings;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.format.Npy;
import io.gramian.models.ssl.LossMethod;
import io.gramian.models.ssl.LossMethods;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "loss",
        description = "Prints the loss of embeddings in npy files, and writes its gradients.",
        footer = {
            "",
            "Files are float32 matrices (n, d); row i of every file belongs to image i.",
            "A loss of several terms prints each of them without its weight, then the sum.",
            "Examples:",
            "  gramian loss barlow-twins --za a.npy --zb b.npy --set lambda=0.005",
            "  gramian loss wmse --za a.npy --zb b.npy --view c.npy --set w_size=64 --grad-out gradients"
        })
final class LossCommand extends ComputeCommand {
    @Parameters(paramLabel = "METHOD", description = "a name that 'gramian methods' lists")
    private String method = "";

    @Option(names = "--za", required = true, paramLabel = "FILE", description = "Embeddings of the first view.")
    private @Nullable Path za;

    @Option(names = "--zb", required = true, paramLabel = "FILE", description = "Embeddings of the second view.")
    private @Nullable Path zb;

    @Option(names = "--view", paramLabel = "FILE", description = "Embeddings of a further view; may be repeated.")
    private List<Path> more = new ArrayList<>();

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A setting of the loss; see: gramian methods")
    private List<String> assignments = new ArrayList<>();

    @Option(names = "--step", paramLabel = "N", defaultValue = "0", description = "Training step, for random slices.")
    private long step;

    @Option(names = "--grad-out", paramLabel = "DIR", description = "Write the gradients here: dza.npy, dzb.npy, ...")
    private @Nullable Path gradients;

    @Mixin
    private DeviceOption at = new DeviceOption();

    @Override
    public Integer call() {
        Device device = at.device();
        LossMethod named = LossMethods.named(method);
        Settings settings = Settings.of(named.settings());
        for (String assignment : assignments) {
            settings = settings.with(ConfigFile.assignment(assignment), "--set " + assignment);
        }
        if (step < 0) {
            throw new ConfigException("--step must be 0 or more, got " + step);
        }
        List<Path> files = new ArrayList<>(more);
        if (za != null && zb != null) {
            files.addAll(0, List.of(za, zb));
        }
        makeFolder();
        MultiViewLoss loss = named.make().apply(settings).atStep(step);
        try (Scope scope = Scope.open()) {
            List<Tensor> views = new ArrayList<>();
            List<Tensor> derivatives = new ArrayList<>();
            for (Path file : files) {
                Tensor view = matrix(device, file);
                views.add(view);
                derivatives.add(Tensor.zeros(view.device(), view.shape().toArray()));
            }
            LossTerms value = loss.namedTermsAndGradient(views, derivatives);
            print(loss, settings, value, derivatives);
        }
        return 0;
    }

    /** Before anything is computed or printed. */
    private void makeFolder() {
        if (gradients != null) {
            try {
                Files.createDirectories(gradients);
            } catch (IOException e) {
                throw new ConfigException("--grad-out: cannot make the folder " + gradients + ": "
                        + AtomicFile.reason(e) + "; choose another place");
            }
        }
    }

    /** Reads a float32 matrix. */
    static Tensor matrix(Device device, Path file) {
        Tensor view = Npy.read(device, file);
        if (view.dtype() != io.gramian.DType.FLOAT32 || view.shape().rank() != 2) {
            throw new GramianException(file + ": expected a float32 matrix (n, d), got " + view.dtype() + " "
                    + view.shape() + "; save it with numpy.save(file, z.astype('float32'))");
        }
        return view;
    }

    private void print(MultiViewLoss loss, Settings settings, LossTerms value, List<Tensor> derivatives) {
        PrintWriter out = out();
        out.printf("method %s%n", loss.name());
        settings.values().forEach((key, each) -> out.printf("%s %s%n", key, each));
        value.terms().forEach((term, each) -> out.printf("%s %.9g%n", term, each));
        out.printf("loss %.9g%n", value.loss());
        for (int i = 0; i < derivatives.size(); i++) {
            String name = "dz" + (char) ('a' + i);
            out.printf("%s norm %.9g%n", name, norm(derivatives.get(i)));
            if (gradients != null) {
                Npy.write(gradients.resolve(name + ".npy"), derivatives.get(i));
            }
        }
        out.flush();
    }

    private static double norm(Tensor tensor) {
        double squares = 0;
        for (float each : tensor.toFloats()) {
            squares += (double) each * each;
        }
        return Math.sqrt(squares);
    }
}
