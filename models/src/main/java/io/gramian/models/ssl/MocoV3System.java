package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.KeyLoss;
import io.gramian.loss.MocoV3;
import io.gramian.models.config.Setting;
import io.gramian.models.head.MlpHead;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * MoCo v3, with residual networks and vision transformers: predictions of each view find the momentum encoder's key of the
 * other view among those of the batch; no queue. Source: Chen et al. 2021, arXiv 2104.02057, algorithm 1; {@code
 * facebookresearch/moco-v3: moco/builder.py, vits.py, main_moco.py}, where the momentum encoder moves before it makes keys.
 */
public final class MocoV3System implements SslSystem {
    @Override
    public String name() {
        return "moco-v3";
    }

    @Override
    public String paper() {
        return "Chen et al. 2021, arXiv 2104.02057";
    }

    @Override
    public String summary() {
        return "contrasts predictions with a momentum encoder's keys of the other view, of the same batch";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "the loss is the sum of both directions, times 2 T; stable-pretraining leaves 2 T out and averages: a"
                        + " quarter of the learning rate over T (optimizer.learning_rate)",
                "T is 1 for ResNet-50 in the authors' runs and 0.2 for ViT and in solo-learn (loss.temperature)",
                "the first public code ends the predictor with a batch norm, the later one for ResNet does not"
                        + " (predictor.norm_last)",
                "the authors' ViT-S has 12 heads, timm's and DeiT's 6 (network.heads); their code freezes the random patch"
                        + " projection, without which large batches are unstable (network.frozen_patches; recipe"
                        + " moco-v3-vit)",
                "the paper trains ViT with LAMB too, which needs its learning rate met more exactly than AdamW"
                        + " (optimizer.name=lamb with an optimizer.learning_rate; section 4.1)");
    }

    @Override
    public List<Setting> settings() {
        List<Setting> all = new ArrayList<>();
        all.add(LossSettings.temperature(0.2));
        all.addAll(Predictor.settings(4096, false));
        all.addAll(MomentumEncoder.settings(0.99, 1));
        return all;
    }

    @Override
    public Map<String, Object> recipe() {
        return Map.of(
                "epochs",
                1000L,
                "batch",
                256L,
                "projector",
                Map.of("hidden", List.of(4096L), "out", 256L, "norm_last", "plain"),
                "augmentation.recipe",
                "byol",
                "optimizer",
                Map.of("name", "lars", "learning_rate", 0.3, "weight_decay", 1e-6, "trust", 0.02, "clip", true));
    }

    @Override
    public String origin() {
        return "solo-learn's CIFAR-10 settings";
    }

    @Override
    public List<Published> published() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("loss.temperature", 1.0);
        settings.put("epochs", 300L);
        settings.put("batch", 4096L);
        settings.put("network.zero_init", true);
        settings.put("augmentation.crop_min", 0.2);
        settings.put("optimizer", Map.of("learning_rate", 0.3, "weight_decay", 1e-6, "trust", 0.001, "clip", false));
        settings.put("schedule.final_factor", 0.0);
        return List.of(Published.imagenet(
                "facebookresearch/moco-v3: CONFIG.md, main_moco.py, 300 epochs (1000: weight decay 1.5e-6,"
                        + " momentum.start 0.996)",
                settings));
    }

    @Override
    public Learner learner(Setup setup) {
        return new Training(setup);
    }

    private static final class Training extends Learner {
        private final MocoV3 loss;
        private final BatchStatistics statistics;
        private final MlpHead predictor;
        private final MomentumEncoder<SslNetwork> encoder;

        Training(Setup setup) {
            super(setup.networks().get());
            loss = new MocoV3(LossSettings.temperature(setup.settings()));
            statistics = BatchStatistics.of(setup.settings());
            predictor = trained("predictor", Predictor.of(setup, network().width()));
            SslNetwork follower = kept("momentum", setup.networks().get());
            encoder = new MomentumEncoder<>(follower, network(), setup.settings(), setup.steps());
        }

        /** The authors move it between queries and keys: the same, since queries do not use it. */
        @Override
        public void begin(long step) {
            encoder.update(step);
        }

        @Override
        protected List<Variable> outputs(List<Tensor> views) {
            return statistics.embeddings(network(), views).stream()
                    .map(predictor::forward)
                    .toList();
        }

        @Override
        protected List<Tensor> targets(List<Tensor> views, long draw) {
            return statistics.embeddings(encoder.target(), views).stream()
                    .map(Variable::value)
                    .toList();
        }

        @Override
        protected Variable loss(List<Variable> outputs, List<Tensor> targets, long step) {
            return KeyLoss.mocoV3(loss, outputs, targets);
        }
    }
}
