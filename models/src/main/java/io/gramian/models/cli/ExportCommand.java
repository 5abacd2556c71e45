package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.backbone.OnnxModel;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.TimmWeights;
import io.gramian.models.backbone.TorchvisionWeights;
import io.gramian.models.backbone.VisionTransformer;
import io.gramian.models.config.ConfigException;
import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.Loading;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "export",
        description = {
            "Writes the backbone of a run for other programs.",
            "FILE.safetensors: torchvision's parameter names and layout (out, in, h, w), a vision transformer with"
                    + " timm's.",
            "In PyTorch: model.load_state_dict(safetensors.torch.load_file(FILE), strict=False), where only fc is"
                    + " missing;",
            "for another stem than imagenet, replace conv1 and maxpool of the model first; the file's header says how.",
            "FILE.onnx: a model with input image (n, c, height, width), float32 in [0, 1], and output features (n, d);",
            "the normalisation is part of it. Images of any size for a residual network, of the run's for a ViT."
        },
        footer = {
            "",
            "Examples:",
            "  gramian export runs/20260101-120000-simclr-fashion-mnist -o backbone.safetensors",
            "  gramian export runs/20260101-120000-simclr-fashion-mnist -o backbone.onnx"
        })
final class ExportCommand extends RunCommand {
    /** What can be written; names are the files' endings. */
    enum Format {
        /** Weights alone. */
        SAFETENSORS,
        /** Weights and what to do with them. */
        ONNX;

        String ending() {
            return "." + name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            required = true,
            description = "File to write, over an old one; ends in .safetensors or .onnx")
    private Path file = Path.of("");

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "safetensors or onnx; by default what the file's name ends in")
    private @Nullable Format format;

    @Override
    public Integer call() {
        Format wanted = format();
        Device device = Device.cpu();
        PrintWriter out = out();
        try (RunFolder folder = RunFolder.open(run())) {
            TrainConfig config = new ConfigResolver().file(folder.config()).resolve();
            Path weights = RunBackbone.weights(folder);
            try (Backbone backbone = RunBackbone.load(device, config, weights)) {
                long steps = RunBackbone.steps(weights);
                if (wanted == Format.ONNX) {
                    onnx(config, backbone, steps);
                } else {
                    write(config, backbone, steps);
                }
                out.println("wrote " + file + ": " + backbone.parameterCount() + " parameters, features of "
                        + backbone.features() + " numbers");
                if (wanted == Format.ONNX && backbone instanceof VisionTransformer network) {
                    int side = network.settings().size();
                    out.println("the model takes images of " + side + " x " + side
                            + " pixels, for which its positions are; resize others before");
                }
            }
        }
        out.flush();
        return 0;
    }

    private Format format() {
        String name = file.toString();
        for (Format each : Format.values()) {
            if ((format == null || format == each) && name.endsWith(each.ending()) && !Files.isDirectory(file)) {
                return each;
            }
        }
        throw new ConfigException("--out: expected a file that ends in "
                + (format == null ? ".safetensors or .onnx" : format.ending()) + ", got " + file);
    }

    private void onnx(TrainConfig config, Backbone backbone, long steps) {
        if (!(backbone instanceof ResNet) && !(backbone instanceof VisionTransformer)) {
            throw new ConfigException(
                    "export: expected a run with a residual network or a vision transformer for ONNX, got"
                            + " network.architecture=" + config.settings().text("network.architecture")
                            + "; its weights are in model.safetensors of the run");
        }
        Augmentation view = Loading.plain(config, RunData.open(config));
        Map<String, String> texts = common(config, steps);
        texts.put("size", Integer.toString(view.size()));
        OnnxModel.write(file, backbone, new OnnxModel.Normalisation(view.mean(), view.std()), texts);
    }

    private void write(TrainConfig config, Backbone backbone, long steps) {
        if (backbone instanceof ResNet network) {
            TorchvisionWeights.write(file, network, steps, residual(config, steps));
        } else if (backbone instanceof VisionTransformer network) {
            TimmWeights.write(file, network, transformer(config, network.settings(), steps));
        } else {
            throw new ConfigException(
                    "export: expected a run with a residual network or a vision transformer, for which"
                            + " PyTorch has names, got network.architecture="
                            + config.settings().text("network.architecture")
                            + "; its weights are in model.safetensors of the run");
        }
    }

    private static Map<String, String> common(TrainConfig config, long steps) {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("format", "pt");
        texts.put("method", config.system().name());
        texts.put("data", config.data());
        texts.put("steps", Long.toString(steps));
        texts.put("architecture", config.settings().text("network.architecture"));
        return texts;
    }

    private static Map<String, String> transformer(TrainConfig config, VisionTransformer.Settings network, long steps) {
        Map<String, String> texts = common(config, steps);
        texts.put(
                "timm",
                "VisionTransformer(img_size=" + network.size() + ", patch_size=" + network.patch() + ", in_chans="
                        + network.channels() + ", embed_dim=" + network.width() + ", depth=" + network.depth()
                        + ", num_heads=" + network.heads() + ", num_classes=0)");
        return texts;
    }

    private static Map<String, String> residual(TrainConfig config, long steps) {
        Map<String, String> texts = common(config, steps);
        texts.put("blocks", config.settings().integers("network.blocks").toString());
        texts.put("width", Integer.toString(config.settings().small("network.width")));
        texts.put(
                "stem",
                switch (config.settings().text("network.stem")) {
                    case "imagenet" -> "imagenet: conv1 7x7 stride 2, maxpool 3x3 stride 2, as torchvision's";
                    case "pooled" ->
                        "pooled: conv1 3x3 stride 1 padding 1 without bias; maxpool 3x3 stride 2, as torchvision's";
                    case "compact" -> "compact: conv1 3x3 stride 2 padding 1 without bias; maxpool is the identity";
                    default -> "cifar: conv1 3x3 stride 1 padding 1 without bias; maxpool is the identity";
                });
        return texts;
    }
}
