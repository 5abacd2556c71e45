package io.gramian.models.cli;

import io.gramian.models.data.DatasetSpec;
import io.gramian.models.train.Outcome;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.io.PrintWriter;

final class RunEvaluation {
    private RunEvaluation() {}

    static void run(TrainConfig config, DatasetSpec data, RunFolder folder, Outcome outcome, PrintWriter out) {}
}
