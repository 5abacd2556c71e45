package io.gramian.models.collapse;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Module;
import io.gramian.loss.DirectClr;
import io.gramian.loss.InfoNce;
import io.gramian.loss.MultiViewLoss;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import io.gramian.models.head.MlpHead;
import org.jspecify.annotations.Nullable;

/** A small residual network with what a {@link Variant} puts behind it. The backbones of all variants start with the same weights. */
final class VariantNetwork extends Module {
    private static final long HEAD = 1_000_003;

    private final Variant variant;
    private final ResNet backbone;
    private final @Nullable MlpHead head;
    private final MultiViewLoss loss;

    private VariantNetwork(Variant variant, ResNet backbone, @Nullable MlpHead head, MultiViewLoss loss) {
        this.variant = variant;
        this.backbone = add("backbone", backbone);
        this.head = head == null ? null : add("head", head);
        this.loss = loss;
    }

    static VariantNetwork of(Device device, ImageSettings settings, int channels, Variant variant) {
        ResNet.Settings network = new ResNet.Settings(Stem.COMPACT, settings.width(), channels, false);
        ResNet backbone = ResNet.withDepths(device, network, settings.blocks(), settings.seed());
        int d = backbone.features();
        MlpHead head =
                switch (variant) {
                    case PROJECTOR -> new MlpHead(device, MlpHead.Settings.of(d, d, d), settings.seed() + HEAD);
                    case LINEAR_PROJECTOR -> new MlpHead(device, MlpHead.Settings.of(d, d), settings.seed() + HEAD);
                    case NO_PROJECTOR, DIRECT -> null;
                };
        int width = Math.max(1, (int) Math.round(settings.directShare() * d));
        MultiViewLoss loss = variant == Variant.DIRECT
                ? new DirectClr(width, settings.temperature(), false)
                : new InfoNce(settings.temperature(), true, true);
        return new VariantNetwork(variant, backbone, head, loss);
    }

    Variant variant() {
        return variant;
    }

    ResNet backbone() {
        return backbone;
    }

    /** What the outputs of {@link #forward} are trained by. */
    MultiViewLoss loss() {
        return loss;
    }

    /** What the loss sees of representations, without recording. */
    Tensor embedded(Tensor features) {
        MlpHead projector = head;
        if (projector == null) {
            return loss instanceof DirectClr direct ? leading(features, direct.width()) : features;
        }
        boolean before = training();
        projector.training(false);
        try {
            return Autograd.noGrad(
                    () -> projector.forward(Variable.constant(features)).value());
        } finally {
            projector.training(before);
        }
    }

    private static Tensor leading(Tensor features, int width) {
        int n = Math.toIntExact(features.shape().size(0));
        int d = Math.toIntExact(features.shape().size(1));
        float[] all = features.toFloats();
        float[] part = new float[n * width];
        for (int i = 0; i < n; i++) {
            System.arraycopy(all, i * d, part, i * width, width);
        }
        return Tensor.of(features.device(), part, n, width);
    }

    @Override
    public Variable forward(Variable x) {
        Variable representation = backbone.forward(x);
        return head == null ? representation : head.forward(representation);
    }
}
