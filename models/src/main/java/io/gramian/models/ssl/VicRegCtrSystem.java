package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.VicRegCtr;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * VICReg on the other Gram matrix: variance and covariances of samples, a contrastive loss. Source: Garrido et al. 2023, arXiv
 * 2206.02574, equation 13. There is no official code; trained here as VICReg is.
 */
public final class VicRegCtrSystem implements JointEmbedding {
    @Override
    public String name() {
        return "vicreg-ctr";
    }

    @Override
    public String paper() {
        return "Garrido et al. 2023, arXiv 2206.02574";
    }

    @Override
    public String summary() {
        return "VICReg on the other Gram matrix: variance and covariances of samples, a contrastive loss";
    }

    @Override
    public List<String> differences() {
        return List.of("the paper gives no code; each sample is centred over its features, as equation 13 reads");
    }

    @Override
    public List<Setting> settings() {
        List<Setting> settings = new ArrayList<>(LossSettings.vicReg("the log-sum-exp of covariances of samples"));
        settings.add(Setting.number("loss.temperature", 0.1, 1e-6, 1e6, "what covariances are divided by"));
        return settings;
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new VicRegCtr(
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
