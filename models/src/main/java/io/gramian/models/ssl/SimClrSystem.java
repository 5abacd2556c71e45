package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * SimCLR: two views of an image are each other's answer in a classification among all other views of the batch (NT-Xent).
 * Source: Chen et al. 2020, arXiv 2002.05709, section 2.1 and equation 1; CIFAR settings of its appendix B.9. The views pass
 * through the network as one batch of 2N, sharing their batch statistics, as google-research/simclr does on one device
 * ({@code run.py} concatenates them).
 */
public final class SimClrSystem implements SslSystem {
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
        return "contrasts two views of an image with all other images of the batch (NT-Xent)";
    }

    @Override
    public List<Setting> lossSettings() {
        return List.of(Setting.number(
                "loss.temperature", 0.5, 1e-3, 100, "temperature of the softmax; the paper uses 0.5 on CIFAR-10"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new NtXent((float) settings.number("loss.temperature"));
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
                "optimizer.learning_rate",
                1.0,
                "optimizer.weight_decay",
                1e-6);
    }
}
