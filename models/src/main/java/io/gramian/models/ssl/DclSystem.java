package io.gramian.models.ssl;

import io.gramian.loss.Dcl;
import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Decoupled contrastive learning: NT-Xent without the positive in the denominator, which helps small batches; DCLW weighs
 * positives that are far apart more. Source: Yeh et al. 2022, arXiv 2110.06848, equations 4 and 6; {@code
 * raminnakhli/Decoupled-Contrastive-Learning: loss/dcl.py} and {@code lightly: loss/dcl_loss.py}, which differ.
 *
 * @param weighted whether this is DCLW
 */
public record DclSystem(boolean weighted) implements JointEmbedding {
    @Override
    public String name() {
        return weighted ? "dclw" : "dcl";
    }

    @Override
    public String paper() {
        return "Yeh et al. 2022, arXiv 2110.06848";
    }

    @Override
    public String summary() {
        return weighted
                ? "DCL with a larger weight on positives that are far apart"
                : "NT-Xent without the positive in the denominator";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "the first public code takes rows as they are, one direction, and lets gradients through the weights;"
                        + " lightly normalises, averages both directions and holds the weights fixed (loss.form)",
                "lightly before mid-2025 added two logarithms of sums in place of one: its older numbers are of another loss");
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                LossSettings.temperature(0.1),
                Setting.number("loss.sigma", 0.5, 1e-3, 1e3, "divisor inside the weights of dclw"),
                Setting.choice(
                        "loss.form",
                        "lightly",
                        List.of("lightly", "authors"),
                        "authors: rows as they are, one direction, gradients through the weights"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new Dcl(
                LossSettings.temperature(settings),
                weighted,
                (float) settings.number("loss.sigma"),
                Dcl.Form.valueOf(settings.text("loss.form").toUpperCase(Locale.ROOT)));
    }

    /** SimCLR's, with the smaller batch that the paper is about. */
    @Override
    public Map<String, Object> recipe() {
        Map<String, Object> recipe = new LinkedHashMap<>(new SimClrSystem().recipe());
        recipe.put("batch", 256L);
        return recipe;
    }

    /** The rate is SimCLR's for small batches (its appendix B.1), 0.075 times the root of the batch: 1.2 for 256 images. */
    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "the paper's abstract and SimCLR's settings: 200 epochs, batch 256; temperature, rate and decay as in"
                        + " lightly: benchmarks/imagenet/resnet50/dcl.py",
                SimClrSystem.large(200, 256, 1.2)));
    }

    @Override
    public String origin() {
        return "SimCLR's CIFAR-10 settings with a batch of 256; ours";
    }
}
