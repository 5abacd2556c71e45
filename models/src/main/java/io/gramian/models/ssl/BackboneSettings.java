package io.gramian.models.ssl;

import io.gramian.Device;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.backbone.MlpBackbone;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import io.gramian.models.backbone.TimmWeights;
import io.gramian.models.backbone.TorchvisionWeights;
import io.gramian.models.backbone.VisionTransformer;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The settings {@code network...}: which backbone, and how large. */
public final class BackboneSettings {
    private static final List<String> ARCHITECTURES =
            List.of("resnet", "resnet18", "resnet34", "resnet50", "vit-tiny", "vit-small", "vit-base", "mlp");

    private static final List<String> STEMS = Arrays.stream(Stem.values())
            .map(stem -> stem.name().toLowerCase(Locale.ROOT))
            .toList();

    /** From this side on, patches have the 16 pixels of the paper's ViT-S/16 and ViT-B/16. */
    private static final int LARGE = 112;

    /** Channels of the first stage of the named residual networks. */
    private static final int WIDTH = 64;

    private BackboneSettings() {}

    /** All of them. */
    static List<Setting> settings() {
        return List.of(
                Setting.choice(
                        "network.architecture",
                        "resnet",
                        ARCHITECTURES,
                        "the backbone; resnet: basic blocks by network.width and network.blocks, the others have their own"),
                Setting.integer("network.width", 64, 1, 4096, "channels of the first stage; 64 is ResNet-18"),
                Setting.integers("network.blocks", List.of(2L, 2L, 2L, 2L), 1, 64, "residual blocks of each stage"),
                Setting.choice("network.stem", "cifar", STEMS, "first layers of a residual network"),
                Setting.flag("network.zero_init", false, "residual blocks start as their shortcut"),
                Setting.integer(
                        "network.patch",
                        0,
                        0,
                        1024,
                        "side of a ViT's patches; 0: 16 for images of 112 pixels on, else 4"),
                Setting.integer("network.depth", 0, 0, 1024, "blocks of a ViT; 0: the 12 of its kind"),
                Setting.integer("network.heads", 0, 0, 1024, "heads of a ViT; 0: 3, 6, 12 for tiny, small, base"),
                Setting.flag("network.frozen_patches", false, "a ViT's patch projection stays random, as in MoCo v3"),
                Setting.integers("network.layers", List.of(512L, 512L), 1, 1 << 16, "widths of an mlp's layers"),
                Setting.text(
                        "network.init",
                        "",
                        "safetensors file with torchvision's or timm's names to start the network from"));
    }

    /** The kind of backbone of a configuration, as in {@code vit-tiny}. */
    private static String architecture(Settings settings) {
        return settings.text("network.architecture");
    }

    private static boolean isVit(Settings settings) {
        return architecture(settings).startsWith("vit-");
    }

    /**
     * The backbone of a configuration, freshly initialised from its seed.
     *
     * @param channels channels of the images
     * @param size side of the images
     * @throws ConfigException if settings do not fit each other or the size
     */
    public static Backbone backbone(Device device, Settings settings, int channels, int size) {
        check(settings, size);
        long seed = settings.integer("seed");
        return switch (architecture(settings)) {
            case "resnet18" -> ResNet.resNet18(device, residual(settings, WIDTH, channels), seed);
            case "resnet34" -> ResNet.resNet34(device, residual(settings, WIDTH, channels), seed);
            case "resnet50" -> ResNet.resNet50(device, residual(settings, WIDTH, channels), seed);
            case "vit-tiny", "vit-small", "vit-base" ->
                new VisionTransformer(device, transformer(settings, channels, size), seed);
            case "mlp" -> new MlpBackbone(device, size, channels, settings.integers("network.layers"), seed);
            default ->
                ResNet.withDepths(
                        device,
                        residual(settings, settings.small("network.width"), channels),
                        settings.integers("network.blocks"),
                        seed);
        };
    }

    /**
     * The same, with the weights of the file {@code network.init}, if there is one: torchvision's names for a residual network,
     * timm's for a ViT.
     *
     * @throws ConfigException if settings do not fit each other or the size, or an mlp is to start from a file
     * @throws io.gramian.GramianException if the file does not fit, naming what is missing, too much, or of another shape
     */
    public static Backbone started(Device device, Settings settings, int channels, int size) {
        Backbone backbone = backbone(device, settings, channels, size);
        String start = settings.text("network.init");
        if (start.isEmpty()) {
            return backbone;
        }
        try {
            if (backbone instanceof ResNet network) {
                TorchvisionWeights.read(Path.of(start), network);
            } else if (backbone instanceof VisionTransformer network) {
                TimmWeights.read(Path.of(start), network);
            } else {
                throw new ConfigException(
                        "network.init: expected a residual network or a vision transformer to start from"
                                + " a file, got network.architecture=" + architecture(settings) + "; leave it out");
            }
            return backbone;
        } catch (RuntimeException failure) {
            backbone.close();
            throw failure;
        }
    }

    private static ResNet.Settings residual(Settings settings, int width, int channels) {
        return new ResNet.Settings(
                Stem.valueOf(settings.text("network.stem").toUpperCase(Locale.ROOT)),
                width,
                channels,
                settings.flag("network.zero_init"));
    }

    private static VisionTransformer.Settings transformer(Settings settings, int channels, int size) {
        int patch = patch(settings, size);
        VisionTransformer.Settings kind =
                switch (architecture(settings)) {
                    case "vit-tiny" -> VisionTransformer.Settings.tiny(size, patch, channels);
                    case "vit-small" -> VisionTransformer.Settings.small(size, patch, channels);
                    default -> VisionTransformer.Settings.base(size, patch, channels);
                };
        int depth = settings.small("network.depth");
        int heads = settings.small("network.heads");
        return new VisionTransformer.Settings(
                size,
                patch,
                channels,
                kind.width(),
                depth == 0 ? kind.depth() : depth,
                heads == 0 ? kind.heads() : heads,
                settings.flag("network.frozen_patches"));
    }

    private static int patch(Settings settings, int size) {
        int asked = settings.small("network.patch");
        return asked > 0 ? asked : size >= LARGE ? 16 : 4;
    }

    /** Width of the features of a configuration's backbone. */
    static int features(Settings settings) {
        return switch (architecture(settings)) {
            case "resnet18", "resnet34" -> 8 * WIDTH;
            case "resnet50" -> 32 * WIDTH;
            case "vit-tiny" -> 192;
            case "vit-small" -> 384;
            case "vit-base" -> 768;
            case "mlp" -> {
                List<Integer> layers = settings.integers("network.layers");
                yield layers.get(layers.size() - 1);
            }
            default ->
                settings.small("network.width")
                        << (settings.integers("network.blocks").size() - 1);
        };
    }

    /**
     * Checks what can be known before any work.
     *
     * @param size side of the views
     * @throws ConfigException naming the setting
     */
    public static void check(Settings settings, int size) {
        if (architecture(settings).equals("mlp")) {
            if (settings.integers("network.layers").isEmpty()) {
                throw new ConfigException("network.layers must have at least one width, got none;"
                        + " for example --set 'network.layers=[512, 512]'");
            }
            checkGrid(settings, 1);
        }
        if (!isVit(settings)) {
            return;
        }
        int patch = patch(settings, size);
        if (size % patch != 0) {
            throw new ConfigException("network.patch must divide the side of the views, " + size + " pixels, got "
                    + patch + "; for example --set network.patch=" + divisor(size, patch));
        }
        int heads = settings.small("network.heads");
        int width = features(settings);
        if (heads > 0 && width % heads != 0) {
            throw new ConfigException("network.heads must divide the " + width + " features of "
                    + architecture(settings) + ", got " + heads + "; for example --set network.heads="
                    + divisor(width, heads));
        }
        checkGrid(settings, size / patch);
    }

    /**
     * Checks that the backbone takes views of another size than the others: all but the MLP do.
     *
     * @param size side of the views
     * @param other side of the small views of multi-crop
     * @throws ConfigException for a size that the backbone does not take
     */
    public static void checkSizes(Settings settings, int size, int other) {
        if (architecture(settings).equals("mlp") && other != size) {
            throw new ConfigException("augmentation.local_size must be the " + size + " pixels of the other views for"
                    + " mlp, which is made for one size, got " + other + "; other networks take both");
        }
        if (isVit(settings) && other % patch(settings, size) != 0) {
            int patch = patch(settings, size);
            throw new ConfigException("augmentation.local_size must be a multiple of the patches' " + patch
                    + " pixels, got " + other + "; for example --set augmentation.local_size="
                    + Math.max(patch, other / patch * patch));
        }
    }

    private static void checkGrid(Settings settings, int cells) {
        int grid = settings.small("evaluation.grid");
        if (grid > cells) {
            throw new ConfigException("evaluation.grid must be at most the " + cells + " cells of a side of "
                    + architecture(settings) + "'s maps, got " + grid + "; for example --set evaluation.grid=1");
        }
    }

    /** The greatest divisor up to a bound. */
    private static int divisor(int of, int bound) {
        int divisor = Math.min(of, bound);
        while (of % divisor != 0) {
            divisor--;
        }
        return divisor;
    }
}
