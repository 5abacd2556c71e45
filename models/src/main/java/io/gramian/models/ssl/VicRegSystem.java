package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.VicReg;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * VICReg: invariance of two views, variance of every feature kept up, covariance between features pushed down. Source: Bardes
 * et al. 2021, arXiv 2105.04906, equations 1 to 6, with the halved variance term of {@code facebookresearch/vicreg:
 * main_vicreg.py}, which runs each view through the network by itself. CIFAR settings as in solo-learn.
 */
public final class VicRegSystem implements JointEmbedding {
    @Override
    public String name() {
        return "vicreg";
    }

    @Override
    public String paper() {
        return "Bardes et al. 2021, arXiv 2105.04906";
    }

    @Override
    public String summary() {
        return "invariance, variance and covariance terms, no negatives and no normalisation";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "the authors' code halves the variance term, the paper and solo-learn do not (loss.halved_variance)");
    }

    @Override
    public List<Setting> settings() {
        List<Setting> settings = new ArrayList<>(LossSettings.vicReg("the squared off-diagonal covariances"));
        settings.add(LossSettings.gramSide());
        return settings;
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new VicReg(
                (float) settings.number("loss.invariance"),
                (float) settings.number("loss.variance"),
                (float) settings.number("loss.covariance"),
                (float) settings.number("loss.eps"),
                (float) settings.number("loss.gamma"),
                settings.flag("loss.halved_variance"),
                LossSettings.gramSide(settings));
    }

    @Override
    public Map<String, Object> recipe() {
        return LossSettings.cifarRecipe(Map.of("augmentation.recipe", "vicreg"));
    }

    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "facebookresearch/vicreg: README.md, main_vicreg.py", LossSettings.authors(Map.of(), 1000, 2048, 0.2)));
    }

    @Override
    public String origin() {
        return "solo-learn's CIFAR-10 settings";
    }
}
