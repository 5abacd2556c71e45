package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.PredictionLoss;
import io.gramian.loss.Byol;
import io.gramian.models.config.Setting;
import io.gramian.models.head.MlpHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * BYOL: each view predicts the other's embedding by a target network, the moving average of the trained one. Source: Grill et
 * al. 2020, arXiv 2006.07733, equation 2 and section 3.2; {@code deepmind-research/byol: byol_experiment.py}, where the target
 * moves after the optimiser's step.
 */
public final class ByolSystem implements SslSystem {
    @Override
    public String name() {
        return "byol";
    }

    @Override
    public String paper() {
        return "Grill et al. 2020, arXiv 2006.07733";
    }

    @Override
    public String summary() {
        return "predicts the other view's embedding by the moving average of the network, without negatives";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "the loss of the authors' code is 4 - 2 cos - 2 cos, summed over both directions; solo-learn's is the"
                        + " same, htdt/self-supervised divides by the number of pairs",
                "momentum and learning rate go with the length: 0.97, 0.99, 0.99, 0.996 and 0.45, 0.45, 0.3, 0.2 for"
                        + " 40, 100, 300, 1000 epochs on ImageNet (momentum.start, optimizer.learning_rate)");
    }

    @Override
    public List<Setting> settings() {
        List<Setting> all = new ArrayList<>(Predictor.settings(4096, false));
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
                "projector.hidden",
                List.of(4096L),
                "projector.out",
                256L,
                "augmentation.recipe",
                "byol",
                "optimizer",
                Map.of("name", "lars", "learning_rate", 1.0, "weight_decay", 1e-5, "trust", 0.02, "clip", true));
    }

    @Override
    public String origin() {
        return "solo-learn's CIFAR-10 settings";
    }

    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "appendix A of the paper; deepmind-research/byol: byol_experiment.py, 1000 epochs",
                Map.of(
                        "momentum.start",
                        0.996,
                        "batch",
                        4096L,
                        "network.zero_init",
                        true,
                        "optimizer",
                        Map.of("learning_rate", 0.2, "weight_decay", 1.5e-6, "trust", 0.001, "clip", false),
                        "schedule.final_factor",
                        0.0)));
    }

    @Override
    public Learner learner(Setup setup) {
        return new Training(setup);
    }

    private static final class Training extends Learner {
        private final Byol loss = Byol.defaults();
        private final BatchStatistics statistics;
        private final MlpHead predictor;
        private final MomentumEncoder<SslNetwork> target;

        Training(Setup setup) {
            super(setup.networks().get());
            statistics = BatchStatistics.of(setup.settings());
            predictor = trained("predictor", Predictor.of(setup, network().width()));
            SslNetwork follower = kept("target", setup.networks().get());
            target = new MomentumEncoder<>(follower, network(), setup.settings(), setup.steps());
        }

        @Override
        protected List<Variable> outputs(List<Tensor> views) {
            return statistics.embeddings(network(), views).stream()
                    .map(predictor::forward)
                    .toList();
        }

        @Override
        protected List<Tensor> targets(List<Tensor> views, long draw) {
            return statistics.embeddings(target.target(), views).stream()
                    .map(Variable::value)
                    .toList();
        }

        @Override
        protected Variable loss(List<Variable> outputs, List<Tensor> targets, long step) {
            return PredictionLoss.apply(loss, outputs, targets);
        }

        @Override
        public void end(long step) {
            target.update(step);
        }
    }
}
