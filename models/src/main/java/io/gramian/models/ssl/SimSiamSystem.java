package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Add;
import io.gramian.autograd.function.PredictionLoss;
import io.gramian.autograd.function.Scale;
import io.gramian.loss.SimSiam;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import io.gramian.models.head.MlpHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * SimSiam: each view predicts the other's embedding, which gets no gradient. Source: Chen and He 2021, arXiv 2011.10566,
 * algorithm 1; {@code facebookresearch/simsiam: builder.py, main_simsiam.py}.
 */
public final class SimSiamSystem implements SslSystem {
    @Override
    public String name() {
        return "simsiam";
    }

    @Override
    public String paper() {
        return "Chen and He 2021, arXiv 2011.10566";
    }

    @Override
    public String summary() {
        return "predicts one view's embedding from the other's, without negatives; a stop-gradient prevents collapse";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "the authors' best run keeps the predictor's learning rate constant, solo-learn does so too"
                        + " (predictor.fixed_rate)",
                "without the stop-gradient it collapses, as figure 2 of the paper shows (loss.stop_gradient)");
    }

    @Override
    public List<Setting> settings() {
        List<Setting> all = new ArrayList<>();
        all.add(Setting.flag("loss.stop_gradient", true, "whether targets get no gradient"));
        all.addAll(Predictor.settings(512, true));
        all.add(Setting.flag("predictor.fixed_rate", true, "the predictor's learning rate stays at its peak"));
        return all;
    }

    /** The paper's appendix D: SGD 0.03, weight decay 5e-4, batch 512, 800 epochs, a head of two layers. */
    @Override
    public Map<String, Object> recipe() {
        return Map.of(
                "epochs",
                800L,
                "batch",
                512L,
                "projector",
                Map.of("hidden", List.of(2048L), "out", 2048L, "norm_last", "plain"),
                "augmentation.recipe",
                "moco-v2",
                "optimizer.name",
                "sgd",
                "optimizer.learning_rate",
                0.03,
                "optimizer.weight_decay",
                5e-4,
                "schedule.warmup_epochs",
                0.0,
                "schedule.final_factor",
                0.0);
    }

    @Override
    public String origin() {
        return "the paper's appendix D";
    }

    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "facebookresearch/simsiam: README.md, main_simsiam.py",
                Map.of(
                        "epochs",
                        100L,
                        "network.zero_init",
                        true,
                        "projector.hidden",
                        List.of(2048L, 2048L),
                        "optimizer.learning_rate",
                        0.05,
                        "optimizer.weight_decay",
                        1e-4)));
    }

    @Override
    public Learner learner(Setup setup) {
        return new Training(setup);
    }

    private static final class Training extends Learner {
        private final SimSiam loss = SimSiam.defaults();
        private final BatchStatistics statistics;
        private final boolean stopGradient;
        private final boolean fixedRate;
        private final MlpHead predictor;

        Training(Setup setup) {
            super(setup.networks().get());
            Settings settings = setup.settings();
            statistics = BatchStatistics.of(settings);
            stopGradient = settings.flag("loss.stop_gradient");
            fixedRate = settings.flag("predictor.fixed_rate");
            predictor = trained("predictor", Predictor.of(setup, network().width()));
        }

        @Override
        public boolean fixedRate(String parameter) {
            return fixedRate && parameter.startsWith("predictor.");
        }

        /** Predictions of both views, then embeddings. */
        @Override
        protected List<Variable> outputs(List<Tensor> views) {
            List<Variable> z = statistics.embeddings(network(), views);
            List<Variable> outputs =
                    new ArrayList<>(z.stream().map(predictor::forward).toList());
            outputs.addAll(z);
            return outputs;
        }

        @Override
        protected Variable loss(List<Variable> outputs, List<Tensor> targets, long step) {
            List<Variable> p = outputs.subList(0, outputs.size() / 2);
            List<Variable> z = outputs.subList(outputs.size() / 2, outputs.size());
            Variable toPredictions = PredictionLoss.apply(loss, p, values(z));
            if (stopGradient) {
                return toPredictions;
            }
            // the cosine has two sides: the same value again with its gradient to the targets, then the value once less
            Variable toTargets = PredictionLoss.apply(loss, z, values(p));
            return Add.apply(Add.apply(toPredictions, toTargets), Scale.apply(toPredictions.detach(), -1));
        }

        private static List<Tensor> values(List<Variable> variables) {
            return variables.stream().map(Variable::value).toList();
        }
    }
}
