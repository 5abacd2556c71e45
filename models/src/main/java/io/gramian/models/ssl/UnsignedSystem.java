package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.UnsignedContrastive;
import io.gramian.loss.UnsignedContrastive.Similarity;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * SimCLR and DCL that repel by the square or the magnitude of the cosine: what makes a contrastive loss the dual of one that
 * decorrelates features. Source: Garrido et al. 2023, arXiv 2206.02574, section 3.2 and table S6. There is no official code.
 *
 * @param similarity square or magnitude
 * @param decoupled whether this is DCL, without the positive in the denominator
 */
public record UnsignedSystem(Similarity similarity, boolean decoupled) implements JointEmbedding {
    @Override
    public String name() {
        return (decoupled ? "dcl" : "simclr") + (similarity == Similarity.SQUARE ? "-sq" : "-abs");
    }

    @Override
    public String paper() {
        return "Garrido et al. 2023, arXiv 2206.02574";
    }

    @Override
    public String summary() {
        return (decoupled ? "DCL" : "NT-Xent") + " that repels by the "
                + (similarity == Similarity.SQUARE ? "square" : "magnitude") + " of the cosine";
    }

    @Override
    public List<String> differences() {
        return List.of("the paper leaves open whether the attractive term uses the new similarity too (loss.replaced)");
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                LossSettings.temperature(0.15),
                Setting.flag("loss.replaced", false, "whether the attractive term uses the similarity too"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new UnsignedContrastive(
                LossSettings.temperature(settings), similarity, decoupled, settings.flag("loss.replaced"));
    }

    @Override
    public Map<String, Object> recipe() {
        return new SimClrSystem().recipe();
    }

    @Override
    public String origin() {
        return "SimCLR's CIFAR-10 settings; ours";
    }

    /** Temperature 0.15 and rate 0.5 are what section 5 names for SimCLR; its relatives take the same here. */
    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "section 5 of the paper for SimCLR, with VICReg's projector; batch as a summary of its tables has it",
                Map.of(
                        "epochs",
                        100L,
                        "batch",
                        2048L,
                        "network.zero_init",
                        true,
                        "projector",
                        Map.of("hidden", List.of(8192L, 8192L), "out", 8192L),
                        "optimizer.learning_rate",
                        0.5,
                        "optimizer.lars_form",
                        "decayed-norm")));
    }
}
