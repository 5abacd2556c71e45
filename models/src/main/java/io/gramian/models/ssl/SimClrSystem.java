package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.MultiViewNtXent;
import io.gramian.loss.NtXent;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * SimCLR: the views of an image are each other's answer in a classification among all other views of the batch (NT-Xent).
 * Source: Chen et al. 2020, arXiv 2002.05709, section 2.1 and equation 1; CIFAR settings of its appendix B.9. The views pass
 * through the network as one batch of 2N, sharing their batch statistics, as google-research/simclr does on one device
 * ({@code run.py} concatenates them).
 */
public final class SimClrSystem implements JointEmbedding {
    @Override
    public String name() {
        return "simclr";
    }

    @Override
    public String paper() {
        return "Chen et al. 2020, arXiv 2002.05709";
    }

    @Override
    public String summary() {
        return "contrasts views of an image with all other images of the batch (NT-Xent); any number of views";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "the paper averages over all 2N views; google-research/simclr adds the two halves, twice the value",
                "more than two views: pairs averages NT-Xent over pairs (htdt/self-supervised), inside puts all"
                        + " positives into the logarithm (solo-learn) (loss.positives)",
                "google-research/simclr trains with weight decay 1e-4 where the paper has 1e-6",
                "google-research/simclr's LARS gathers the learning rate in the momentum, that of the authors of Barlow"
                        + " Twins, VICReg and MoCo v3 does not (optimizer.lars_form)");
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                LossSettings.temperature(0.5),
                Setting.choice(
                        "loss.positives",
                        "pairs",
                        List.of("pairs", "inside"),
                        "more than two views: mean over pairs, or all positives inside one logarithm"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        float temperature = LossSettings.temperature(settings);
        return settings.text("loss.positives").equals("inside")
                ? new MultiViewNtXent(temperature)
                : new NtXent(temperature);
    }

    @Override
    public Map<String, Object> recipe() {
        return Map.of(
                "batch_statistics",
                "together",
                "projector.hidden",
                List.of(512L),
                "projector.out",
                128L,
                "augmentation.recipe",
                "simclr",
                "optimizer.name",
                "lars",
                "optimizer.lars_form",
                "classic",
                "optimizer.learning_rate",
                1.0,
                "optimizer.weight_decay",
                1e-6);
    }

    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "section 2.2 and appendix B.6 of the paper; initial norms and the end of the cosine as in"
                        + " google-research/simclr: resnet.py, model_util.py",
                large(100, 4096, 0.3)));
    }

    /** On ImageNet: what DCL takes over, with another length, batch and rate for 256 images. */
    static Map<String, Object> large(long epochs, long batch, double rate) {
        return Map.of(
                "loss.temperature",
                0.1,
                "epochs",
                epochs,
                "batch",
                batch,
                "network.zero_init",
                true,
                "projector.hidden",
                List.of(2048L),
                "projector.norm_last",
                "affine",
                "optimizer.learning_rate",
                rate,
                "schedule.final_factor",
                0.0);
    }

    @Override
    public String origin() {
        return "appendix B.9 of the paper";
    }

    @Override
    public boolean manyViews() {
        return true;
    }
}
