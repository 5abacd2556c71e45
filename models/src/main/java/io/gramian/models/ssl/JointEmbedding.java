package io.gramian.models.ssl;

import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.Settings;

/** A system whose loss is a function of the embeddings of the views, all of one network, and nothing else. */
public interface JointEmbedding extends SslSystem {
    /** The loss with these settings. */
    MultiViewLoss loss(Settings settings);

    @Override
    default Learner learner(Setup setup) {
        return new EmbeddingLearner(setup, loss(setup.settings()));
    }
}
