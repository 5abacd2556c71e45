package io.gramian.models.ssl;

import io.gramian.loss.DirectClr;
import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * DirectCLR: InfoNCE of the leading features of the representation, without a projector; the other features learn through the
 * residual connections. Source: Jing et al. 2022, arXiv 2110.09348, section 6; {@code facebookresearch/directclr: main.py}.
 */
public final class DirectClrSystem implements JointEmbedding {
    @Override
    public String name() {
        return "directclr";
    }

    @Override
    public String paper() {
        return "Jing et al. 2022, arXiv 2110.09348";
    }

    @Override
    public String summary() {
        return "InfoNCE of the leading features of the representation, without a projector";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "lightly has negatives of the same view too, 64 features and T 0.5: another loss (loss.both_views)",
                "the authors add the cross entropy of a linear classifier on detached features, which does not change the network");
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                Setting.integer("loss.width", 360, 1, 1 << 20, "how many leading features count"),
                LossSettings.temperature(0.1),
                Setting.flag("loss.both_views", false, "negatives of the same view too, as in lightly"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new DirectClr(
                settings.small("loss.width"), LossSettings.temperature(settings), settings.flag("loss.both_views"));
    }

    @Override
    public void check(Settings settings) {
        int head = settings.small("projector.out");
        int width = head == 0 ? BackboneSettings.features(settings) : head;
        if (settings.small("loss.width") > width) {
            throw new ConfigException("loss.width must be at most the " + width
                    + (head == 0 ? " features of the network" : " of projector.out") + ", got "
                    + settings.small("loss.width") + "; for example --set loss.width=" + Math.max(1, width / 6));
        }
    }

    /** The authors' share of the features, 360 of 2048, for a ResNet-18's 512. */
    @Override
    public Map<String, Object> recipe() {
        return Map.of(
                "loss.width",
                90L,
                "network.zero_init",
                true,
                "projector.out",
                0L,
                "projector.hidden",
                List.of(),
                "augmentation.recipe",
                "simclr",
                "optimizer.name",
                "lars",
                "optimizer.learning_rate",
                1.0,
                "optimizer.weight_decay",
                1e-6);
    }

    @Override
    public String origin() {
        return "SimCLR's CIFAR-10 settings, the authors' share of the features; ours";
    }

    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "facebookresearch/directclr: directclr/main.py, utils.py (views are those of Barlow Twins)",
                Map.of(
                        "loss.width",
                        360L,
                        "epochs",
                        100L,
                        "batch",
                        4096L,
                        "augmentation.recipe",
                        "barlow-twins",
                        "optimizer.learning_rate",
                        4.8,
                        "optimizer.scale_with_batch",
                        false)));
    }
}
