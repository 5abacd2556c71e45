package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Module;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.head.MlpHead;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Backbone and projector: images (n, h, w, c) to embeddings (n, d). */
public final class SslNetwork extends Module {
    /** Between the seeds of backbone and projector: they draw from different streams. */
    private static final long PROJECTOR_STREAM = 0x9E3779B97F4A7C15L;

    private final ResNet backbone;
    private final MlpHead projector;

    private SslNetwork(ResNet backbone, MlpHead projector) {
        this.backbone = add("backbone", backbone);
        this.projector = add("projector", projector);
    }

    /** The network of a configuration for images with so many channels, freshly initialised from its seed. */
    public static SslNetwork of(Device device, TrainConfig config, int channels) {
        ResNet backbone = BackboneChoice.build(device, config, channels);
        List<Integer> sizes = new ArrayList<>();
        sizes.add(backbone.features());
        sizes.addAll(config.projector().hidden());
        sizes.add(config.projector().out());
        MlpHead.LastNorm norm = config.projector().normLast() ? MlpHead.LastNorm.AFFINE : MlpHead.LastNorm.NONE;
        MlpHead.Settings head = new MlpHead.Settings(sizes, false, false, norm);
        return new SslNetwork(backbone, new MlpHead(device, head, config.seed() + PROJECTOR_STREAM));
    }

    /** What is kept after training: images to features. */
    public ResNet backbone() {
        return backbone;
    }

    /** Features to embeddings: only for training. */
    public MlpHead projector() {
        return projector;
    }

    @Override
    public Variable forward(Variable x) {
        return projector.forward(backbone.forward(x));
    }

    /** Parameters and buffers by name, in a stable order: the live tensors. */
    public Map<String, Tensor> weights() {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        parameters().forEach((name, parameter) -> weights.put(name, parameter.value()));
        weights.putAll(buffers());
        return weights;
    }
}
