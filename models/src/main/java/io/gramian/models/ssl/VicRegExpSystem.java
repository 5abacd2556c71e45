package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.VicRegExp;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * VICReg whose covariance term is a log-sum-exp over features. Source: Garrido et al. 2023, arXiv
 * 2206.02574, equations 11 and 12. There is no official code; trained here as VICReg is.
 */
public final class VicRegExpSystem implements JointEmbedding {
    @Override
    public String name() {
        return "vicreg-exp";
    }

    @Override
    public String paper() {
        return "Garrido et al. 2023, arXiv 2206.02574";
    }

    @Override
    public String summary() {
        return "VICReg whose covariance term is a log-sum-exp over features";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "the paper gives no code; signed covariances enter the exponential, so negative ones are rewarded");
    }

    @Override
    public List<Setting> settings() {
        List<Setting> settings = new ArrayList<>(LossSettings.vicReg("the log-sum-exp of covariances of features"));
        settings.add(Setting.number("loss.temperature", 0.1, 1e-6, 1e6, "what covariances are divided by"));
        return settings;
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new VicRegExp(
                (float) settings.number("loss.invariance"),
                (float) settings.number("loss.variance"),
                (float) settings.number("loss.covariance"),
                (float) settings.number("loss.eps"),
                (float) settings.number("loss.gamma"),
                settings.flag("loss.halved_variance"),
                (float) settings.number("loss.temperature"));
    }

    @Override
    public Map<String, Object> recipe() {
        return LossSettings.cifarRecipe(Map.of("augmentation.recipe", "vicreg"));
    }

    @Override
    public List<Published> published() {
        return List.of(LossSettings.dual());
    }

    @Override
    public String origin() {
        return "VICReg's CIFAR-10 settings of solo-learn";
    }
}
