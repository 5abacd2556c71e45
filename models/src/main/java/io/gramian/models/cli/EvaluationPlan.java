package io.gramian.models.cli;

import io.gramian.models.eval.Evaluation;
import java.util.List;

/**
 * What is measured on frozen features besides their kNN and their logistic regression.
 *
 * @param neighbours how the cosine neighbours vote
 * @param euclidean neighbours of the Euclidean vote; 0 for none
 * @param sgdEpochs epochs of the stochastic probe; 0 for none
 * @param few shares of the labels that the probe is fitted to
 * @param fineTuneEpochs epochs of fine-tuning; 0 for none
 * @param seed of draws, batches and augmentation
 */
record EvaluationPlan(
        Evaluation.Settings neighbours, int euclidean, int sgdEpochs, List<Double> few, int fineTuneEpochs, long seed) {
    EvaluationPlan {
        few = List.copyOf(few);
    }

    /** kNN and logistic regression alone. */
    static EvaluationPlan basic(Evaluation.Settings neighbours) {
        return new EvaluationPlan(neighbours, 0, 0, List.of(), 0, 0);
    }

    /** The same with other votes of the cosine neighbours. */
    EvaluationPlan with(Evaluation.Settings votes) {
        return new EvaluationPlan(votes, euclidean, sgdEpochs, few, fineTuneEpochs, seed);
    }
}
