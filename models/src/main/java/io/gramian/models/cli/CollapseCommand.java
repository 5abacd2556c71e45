package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.models.collapse.CollapseStudy;
import io.gramian.models.collapse.ImageSettings;
import io.gramian.models.collapse.ToySettings;
import io.gramian.models.config.ConfigException;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.report.CollapsePage;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "collapse",
        description = {
            "Reproduces the experiments of the dimensional-collapse paper (arXiv 2110.09348) in a few minutes:",
            "strong augmentation, implicit regularisation, depth, and SimCLR with and without a projector",
            "against DirectCLR on images. Writes one page, its figures as PNG and SVG, and the numbers."
        },
        footer = {"", "Examples:", "  gramian collapse", "  gramian collapse -o figures --seed 7"})
final class CollapseCommand extends ComputeCommand {
    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            defaultValue = "runs/collapse",
            description = "Where files are written, over old ones; default: ${DEFAULT-VALUE}")
    private Path out = Path.of("runs", "collapse");

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Seed of everything random.")
    private long seed;

    @Option(
            names = "--data",
            paramLabel = "NAME",
            defaultValue = "fashion-mnist",
            description = "Images: " + DatasetSpec.FORMS + "; default: ${DEFAULT-VALUE}")
    private String data = "fashion-mnist";

    @Option(names = "--data-dir", paramLabel = "PATH", description = "Folder of the data set's files.")
    private @Nullable Path dataDir;

    @Option(names = "--no-images", description = "Leave the experiment on images out.")
    private boolean noImages;

    @Override
    public Integer call() {
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw new ConfigException("--out: " + out + " is a file, expected a folder; name another one");
        }
        PrintWriter lines = out();
        CollapseStudy study =
                new CollapseStudy(Device.cpu(), ToySettings.quick(seed), ImageSettings.small(seed), line -> {
                    lines.println(line);
                    lines.flush();
                });
        lines.println("page " + CollapsePage.write(out, study.run(noImages ? null : images())));
        lines.flush();
        return 0;
    }

    private DatasetSpec images() {
        try {
            return DatasetSpec.parse(data, dataDir);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(String.valueOf(e.getMessage()));
        }
    }
}
