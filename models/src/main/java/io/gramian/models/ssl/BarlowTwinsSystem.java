package io.gramian.models.ssl;

import io.gramian.loss.BarlowTwins;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.Standardization;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * Barlow Twins: the cross-correlation of the features of two views is pulled to the identity. Source: Zbontar et al. 2021,
 * arXiv 2103.03230, equation 1; {@code facebookresearch/barlowtwins: main.py}, which runs each view through the network by
 * itself. CIFAR settings as in solo-learn.
 */
public final class BarlowTwinsSystem implements JointEmbedding {
    @Override
    public String name() {
        return "barlow-twins";
    }

    @Override
    public String paper() {
        return "Zbontar et al. 2021, arXiv 2103.03230";
    }

    @Override
    public String summary() {
        return "makes the features of two views agree and different features independent (cross-correlation)";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "lambda is 5e-3 in the paper, 0.0051 in its code (loss.lambda)",
                "solo-learn multiplies the loss with 0.1 on CIFAR (loss.scale); the paper does not",
                "stable-pretraining divides by the unbiased deviation (loss.standardization)");
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                Setting.number("loss.lambda", 0.0051, 0, 1e6, "weight of the off-diagonal correlations"),
                Setting.number("loss.scale", 1, 1e-9, 1e9, "factor on the whole loss"),
                LossSettings.eps(1e-5),
                Setting.choice(
                        "loss.standardization",
                        "batch-norm",
                        List.of("batch-norm", "unbiased"),
                        "divide by sqrt(biased variance + eps), or by unbiased deviation + eps"),
                LossSettings.gramSide());
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new BarlowTwins(
                (float) settings.number("loss.lambda"),
                (float) settings.number("loss.eps"),
                (float) settings.number("loss.scale"),
                settings.text("loss.standardization").equals("unbiased")
                        ? Standardization.UNBIASED
                        : Standardization.BATCH_NORM,
                LossSettings.gramSide(settings));
    }

    @Override
    public Map<String, Object> recipe() {
        return LossSettings.cifarRecipe(Map.of("loss.scale", 0.1, "augmentation.recipe", "barlow-twins"));
    }

    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "facebookresearch/barlowtwins: main.py",
                LossSettings.authors(Map.of("loss.scale", 1.0, "optimizer.bias_factor", 0.024), 1000, 2048, 0.2)));
    }

    @Override
    public String origin() {
        return "solo-learn's CIFAR-10 settings";
    }
}
