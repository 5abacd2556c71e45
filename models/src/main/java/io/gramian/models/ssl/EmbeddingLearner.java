package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.RandomLoss;
import java.util.List;

/** One network, and a loss of its embeddings; what the loss draws at random is drawn before each step. */
final class EmbeddingLearner extends Learner {
    private final BatchStatistics statistics;
    private final MultiViewLoss loss;

    EmbeddingLearner(Setup setup, MultiViewLoss loss) {
        super(setup.networks().get());
        this.statistics = BatchStatistics.of(setup.settings());
        this.loss = loss instanceof RandomLoss random
                ? kept(random.drawn(
                        setup.device(),
                        setup.settings().small("batch"),
                        network().width(),
                        0))
                : loss;
    }

    @Override
    public void begin(long step) {
        if (loss instanceof RandomLoss.Drawn drawn) {
            drawn.draw(step);
        }
    }

    @Override
    protected List<Variable> outputs(List<Tensor> views) {
        return statistics.embeddings(network(), views);
    }

    @Override
    protected Variable loss(List<Variable> outputs, List<Tensor> targets, long step) {
        return EmbeddingLoss.apply(loss.atStep(step), outputs);
    }

    /** What has drawn is the same loss at each step; one of somebody's own may be another. */
    @Override
    public boolean replayable() {
        return loss.atStep(0).equals(loss.atStep(1));
    }
}
