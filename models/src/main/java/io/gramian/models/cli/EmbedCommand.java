package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.config.ConfigException;
import io.gramian.models.data.Channels;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.FolderImages;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.eval.FeatureExtractor;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.format.Npy;
import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.Loading;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "embed",
        description = {
            "Writes the features of images by the backbone of a run: one row an image, and beside it a list of the"
                    + " images.",
            "Images are resized and normalised as in the run; colours become grey where it was trained on grey images."
        },
        footer = {
            "",
            "Examples:",
            "  gramian embed runs/20260101-120000-simclr-fashion-mnist photos -o embeddings.npy",
            "  gramian embed runs/20260101-120000-simclr-fashion-mnist fashion-mnist -o embeddings.npy --part train"
        })
final class EmbedCommand extends RunCommand {
    private static final int BATCH = 100;

    /** Part of a data set. */
    enum Part {
        /** Training images. */
        TRAIN,
        /** Test images. */
        TEST
    }

    @Parameters(index = "1", paramLabel = "IMAGES", description = "Folder of images of any size, or a data set's name.")
    private String source = "";

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            required = true,
            description = "npy file to write, float32 (n, d), over an old one; the list is FILE with .txt for .npy.")
    private Path file = Path.of("");

    @Option(
            names = "--part",
            paramLabel = "PART",
            defaultValue = "test",
            description = "train or test, of a data set; default: ${DEFAULT-VALUE}")
    private Part part = Part.TEST;

    @Option(names = "--data-dir", paramLabel = "PATH", description = "Folder of the data set's files.")
    private @Nullable Path dataDir;

    /** Images, and a line for each. */
    private record Listed(ImageDataset images, List<String> lines) {}

    @Override
    public Integer call() {
        String name = file.toString();
        if (!name.endsWith(".npy") || Files.isDirectory(file)) {
            throw new ConfigException("--out: expected a file that ends in .npy, got " + file);
        }
        Path list = Path.of(name.substring(0, name.length() - ".npy".length()) + ".txt");
        Device device = Device.cpu();
        PrintWriter out = out();
        try (RunFolder folder = RunFolder.open(run());
                Scope scope = Scope.open()) {
            TrainConfig config = new ConfigResolver().file(folder.config()).resolve();
            Listed listed = images();
            try (Backbone backbone = RunBackbone.load(device, config, RunBackbone.weights(folder));
                    ImageDataset images = Channels.of(listed.images(), backbone.channels())) {
                AtomicFile.check(file); // features of a large set take a while
                Tensor features = new FeatureExtractor(device, BATCH)
                        .network(backbone, images, Loading.plain(config, RunData.open(config)))
                        .features();
                Npy.write(file, features);
                AtomicFile.writeString(list, String.join("\n", listed.lines()) + "\n");
                out.println("wrote " + file + " " + features.shape() + " and " + list);
            }
        }
        out.flush();
        return 0;
    }

    private Listed images() {
        Path folder = Path.of(source);
        if (Files.isDirectory(folder)) {
            FolderImages found = FolderImages.open(folder);
            return new Listed(
                    found.images(),
                    found.files().stream()
                            .map(path -> folder.relativize(path).toString())
                            .toList());
        }
        DatasetSpec spec;
        try {
            spec = DatasetSpec.parse(source, dataDir);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("images: expected a folder or one of " + DatasetSpec.FORMS + ", got " + source
                    + "; check the path");
        }
        ImageDataset images = part == Part.TRAIN ? spec.train() : spec.test();
        return new Listed(
                images,
                IntStream.range(0, images.size())
                        .mapToObj(i -> images.name() + " " + i + " " + images.label(i))
                        .toList());
    }
}
