package io.gramian.models.cli;

import io.gramian.models.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "evaluate",
        description = {
            "Evaluates a run by kNN and a linear probe, beside its untrained network and raw pixels.",
            "The numbers are printed and written to evaluation.json of the run; its report shows them.",
            "In place of a run, a safetensors file with torchvision's names can be evaluated on a data set."
        },
        footer = {
            "",
            "Examples:",
            "  gramian evaluate runs/20260101-120000-simclr-fashion-mnist",
            "  gramian evaluate runs/20260101-120000-simclr-fashion-mnist --probe sgd --few 0.01,0.1 --fine-tune 3",
            "  gramian evaluate resnet18.safetensors --data folder:photos -o evaluation.json"
        })
final class EvaluateCommand extends ComputeCommand {
    @Parameters(paramLabel = "RUN", description = "Run folder, or FILE.safetensors.")
    private Path subject = Path.of("");

    @Mixin
    private DeviceOption at = new DeviceOption();

    @Mixin
    private EvaluationOptions options = new EvaluationOptions();

    @Option(names = "--data", paramLabel = "NAME", description = "Of a file: on which data set, as in pretrain.")
    private @Nullable String data;

    @Option(names = "--data-dir", paramLabel = "PATH", description = "Of a file: folder of the data set's files.")
    private @Nullable Path dataDir;

    @Option(names = "--size", paramLabel = "PIXELS", description = "Of a file: side of the images it is shown.")
    private int size;

    @Option(names = "--limit", paramLabel = "N", description = "Of a file: training images to use; default: all")
    private int limit;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description = "Of a file: also write the numbers as JSON.")
    private @Nullable Path json;

    @Override
    public Integer call() {
        EvaluationPlan plan = options.plan();
        if (!Files.isRegularFile(subject) && !subject.toString().endsWith(".safetensors")) {
            if (data != null || dataDir != null || size != 0 || limit != 0 || json != null) {
                throw new ConfigException("--data, --data-dir, --size, --limit and --out are for a file; the run "
                        + subject + " has its own data; leave them out");
            }
            return new RunSession(out(), false, at.device(), true, plan).evaluate(subject);
        }
        if (data == null) {
            throw new ConfigException("--data: expected the data set to evaluate " + subject + " on, got none");
        }
        if (size < 0 || limit < 0) {
            throw new ConfigException("--size and --limit: expected 0 or more, got " + size + " and " + limit);
        }
        new FileEvaluation(at.device(), out(), plan)
                .run(subject, new FileEvaluation.Images(data, dataDir, size, limit), json);
        return 0;
    }
}
