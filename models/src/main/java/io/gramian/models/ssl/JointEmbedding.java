package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.Settings;
import java.util.List;

/** A system whose loss is a function of the embeddings of the views, all of one network, and nothing else. */
public interface JointEmbedding extends SslSystem {
    /** The loss with these settings. */
    MultiViewLoss loss(Settings settings);

    @Override
    default Learner learner(Setup setup) {
        MultiViewLoss loss = loss(setup.settings());
        BatchStatistics statistics = BatchStatistics.of(setup.settings());
        return new Learner(setup.networks().get()) {
            @Override
            protected List<Variable> outputs(List<Tensor> views) {
                return statistics.embeddings(network(), views);
            }

            @Override
            protected Variable loss(List<Variable> outputs, List<Tensor> targets, long step) {
                return EmbeddingLoss.apply(loss.atStep(step), outputs);
            }

            @Override
            public boolean replayable() {
                return loss.atStep(0).equals(loss.atStep(1));
            }
        };
    }
}
