package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.SpectralContrastive;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * Spectral contrastive learning: a spectral decomposition of the graph of augmentations. Source: HaoChen et al. 2021, arXiv
 * 2106.04156, equation 6; {@code jhaochenz96/spectral_contrastive_learning: models/spectral.py}, which runs each view through
 * the network by itself, and its CIFAR-10 settings.
 */
public final class SpectralSystem implements JointEmbedding {
    @Override
    public String name() {
        return "spectral";
    }

    @Override
    public String paper() {
        return "HaoChen et al. 2021, arXiv 2106.04156";
    }

    @Override
    public String summary() {
        return "pulls pairs together and pushes squared products of other rows down";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "the paper has no limit on norms; its code shortens rows of a norm above sqrt(mu) and leaves shorter"
                        + " ones as they are (loss.mu)");
    }

    @Override
    public List<Setting> settings() {
        return List.of(Setting.number("loss.mu", 1, 1e-6, 1e6, "square of the largest norm of a row"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new SpectralContrastive((float) settings.number("loss.mu"));
    }

    @Override
    public Map<String, Object> recipe() {
        return Map.of(
                "epochs",
                800L,
                "batch",
                512L,
                "projector.hidden",
                List.of(2048L),
                "projector.out",
                1000L,
                "projector.norm_last",
                "affine",
                "augmentation.recipe",
                "moco-v2",
                "optimizer.name",
                "sgd",
                "optimizer.learning_rate",
                0.03,
                "optimizer.weight_decay",
                5e-4,
                "schedule.final_factor",
                0.0);
    }

    @Override
    public String origin() {
        return "the authors' CIFAR-10 configuration";
    }

    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "the authors' configs/spectral_resnet_mlp8192_norelu_3layer_imagenet_lr005_mu10_bs384_100eps.yaml",
                Map.of(
                        "loss.mu",
                        10.0,
                        "epochs",
                        101L,
                        "batch",
                        384L,
                        "network.zero_init",
                        true,
                        "projector",
                        Map.of("hidden", List.of(8192L, 8192L), "out", 8192L),
                        "optimizer.learning_rate",
                        0.05,
                        "optimizer.weight_decay",
                        1e-4,
                        "schedule.warmup_epochs",
                        0.0)));
    }
}
