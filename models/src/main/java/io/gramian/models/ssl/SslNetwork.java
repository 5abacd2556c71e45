package io.gramian.models.ssl;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Module;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import io.gramian.models.head.MlpHead;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Backbone and projector: images (n, h, w, c) to embeddings (n, d); without a projector, embeddings are the features. */
public final class SslNetwork extends Module {
    /** Between the seeds of the parts of a system: they draw from different streams. */
    private static final long STREAM = 0x9E3779B97F4A7C15L;

    private final Backbone backbone;
    private final @Nullable MlpHead projector;

    /** A network of these parts, which close with it; null: no projector. */
    public SslNetwork(Backbone backbone, @Nullable MlpHead projector) {
        this.backbone = add("backbone", backbone);
        this.projector = projector == null ? null : add("projector", projector);
    }

    /** The settings that {@link #of} reads, besides the seed. */
    public static List<Setting> settings() {
        List<Setting> all = new ArrayList<>(BackboneSettings.settings());
        all.addAll(List.of(
                Setting.integers("projector.hidden", List.of(2048L), 1, 1 << 20, "widths of the head's hidden layers"),
                Setting.integer("projector.out", 128, 0, 1 << 20, "embedding dimension; 0: no head"),
                Setting.flag(
                        "projector.norm", true, "batch norm in the head's hidden layers; without, they have offsets"),
                Setting.choice(
                        "projector.norm_last",
                        "none",
                        List.of("none", "plain", "affine"),
                        "batch norm after the head's last layer; plain: without factors and offsets"),
                Setting.flag("projector.bias_last", false, "whether the head's last layer has offsets")));
        return all;
    }

    /**
     * The network of a configuration, freshly initialised from its seed; its backbone from the file {@code network.init}, if
     * there is one.
     *
     * @param channels channels of the images
     * @param size side of the views
     * @throws io.gramian.models.config.ConfigException if the settings of the backbone do not fit each other or the size
     * @throws io.gramian.GramianException if that file does not fit, naming what is missing, too much, or of another shape
     */
    public static SslNetwork of(Device device, Settings settings, int channels, int size) {
        return of(device, BackboneSettings.started(device, settings, channels, size), settings);
    }

    /** A backbone of one's own, which closes with the network, and the projector of a configuration. */
    public static SslNetwork of(Device device, Backbone backbone, Settings settings) {
        int out = settings.small("projector.out");
        if (out == 0) {
            return new SslNetwork(backbone, null);
        }
        long seed = seed(settings, 1);
        return new SslNetwork(backbone, head(device, settings, "projector", backbone.features(), out, seed));
    }

    /** The seed of a part of a system; 0 is the backbone, 1 its projector. */
    static long seed(Settings settings, int part) {
        return settings.integer("seed") + part * STREAM;
    }

    /** A head by its settings {@code name.hidden}, {@code .norm}, {@code .norm_last} and {@code .bias_last}. */
    static MlpHead head(Device device, Settings settings, String name, int in, int out, long seed) {
        List<Integer> sizes = new ArrayList<>();
        sizes.add(in);
        sizes.addAll(settings.integers(name + ".hidden"));
        sizes.add(out);
        boolean norm = settings.flag(name + ".norm");
        MlpHead.LastNorm last =
                MlpHead.LastNorm.valueOf(settings.text(name + ".norm_last").toUpperCase(Locale.ROOT));
        boolean bias = settings.flag(name + ".bias_last");
        return new MlpHead(device, new MlpHead.Settings(sizes, norm, !norm, bias, last), seed);
    }

    /** What is kept after training: images to features. */
    public Backbone backbone() {
        return backbone;
    }

    /** Width of the embeddings. */
    public int width() {
        return projector == null ? backbone.features() : projector.features();
    }

    /** Features (n, d) to embeddings: only for training. */
    public Variable project(Variable features) {
        return projector == null ? features : projector.forward(features);
    }

    @Override
    public Variable forward(Variable x) {
        return project(backbone.forward(x));
    }

    /** Parameters and buffers by name, in a stable order: the live tensors. */
    public Map<String, Tensor> weights() {
        return weights(this);
    }

    /** Parameters and buffers of a module by name: the live tensors. */
    static Map<String, Tensor> weights(Module module) {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        module.parameters().forEach((name, parameter) -> weights.put(name, parameter.value()));
        weights.putAll(module.buffers());
        return weights;
    }
}
