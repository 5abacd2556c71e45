package io.gramian.models.cli;

import io.gramian.models.config.ConfigException;
import io.gramian.models.eval.Evaluation;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Options that say what is measured. */
final class EvaluationOptions {
    private static final int SGD_EPOCHS = 100;
    /** As in the code of W-MSE. */
    private static final int EUCLIDEAN = 5;

    /** A linear probe. */
    enum Probe {
        /** The minimum of the logistic regression. */
        LBFGS,
        /** As the papers train it, beside the minimum. */
        SGD
    }

    @Option(
            names = "--probe",
            paramLabel = "NAME",
            defaultValue = "lbfgs",
            description = {
                "Linear probe: lbfgs, the minimum of the logistic regression, or sgd, which adds the papers' recipe:",
                "SGD with momentum and cosine, its learning rate chosen on held-out training images."
            })
    private Probe probe = Probe.LBFGS;

    @Option(
            names = "--few",
            paramLabel = "SHARES",
            split = ",",
            description = "Also with a share of the labels, as many of each class, as in 0.01,0.1.")
    private List<Double> few = new ArrayList<>();

    @Option(names = "--euclidean", description = "Also kNN with one vote for each of the 5 Euclidean neighbours.")
    private boolean euclidean;

    @Option(
            names = "--fine-tune",
            paramLabel = "EPOCHS",
            description = "Also train the whole network on with labels, for so many epochs.")
    private int fineTune;

    /** What was asked for; checked before any work. */
    EvaluationPlan plan() {
        for (double share : few) {
            if (!(share > 0 && share <= 1)) {
                throw new ConfigException("--few: expected shares above 0 and at most 1, as in 0.01,0.1, got " + share);
            }
        }
        if (fineTune < 0) {
            throw new ConfigException("--fine-tune: expected a number of epochs, 1 or more, got " + fineTune);
        }
        Set<Double> shares = new LinkedHashSet<>(few);
        return new EvaluationPlan(
                Evaluation.Settings.defaults(),
                euclidean ? EUCLIDEAN : 0,
                probe == Probe.SGD ? SGD_EPOCHS : 0,
                List.copyOf(shares),
                fineTune,
                0);
    }
}
