package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.VicReg;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * VICReg: invariance of two views, variance of every feature kept up, covariance between features pushed down. Source: Bardes
 * et al. 2021, arXiv 2105.04906, equations 1 to 6, with the halved variance term of {@code facebookresearch/vicreg:
 * main_vicreg.py}, which runs each view through the network by itself. CIFAR settings as in solo-learn.
 */
public final class VicRegSystem implements SslSystem {
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
    public List<Setting> lossSettings() {
        return List.of(
                Setting.number("loss.invariance", 25, 0, 1e6, "weight of the mean squared difference of the views"),
                Setting.number("loss.variance", 25, 0, 1e6, "weight of the hinge on each feature's standard deviation"),
                Setting.number("loss.covariance", 1, 0, 1e6, "weight of the squared off-diagonal covariances"),
                LossSettings.eps(1e-4),
                Setting.number("loss.gamma", 1, 1e-9, 1e6, "standard deviation below which the hinge acts"),
                Setting.flag("loss.halved_variance", true, "halve the variance term, as the authors' code does"),
                LossSettings.gramSide());
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
}
