package io.gramian.models.train;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gramian.models.report.TensorBoardWriter;
import java.util.List;

/** What a run writes as it goes: metrics.jsonl and TensorBoard events, the same numbers in both. */
final class TrainLog implements AutoCloseable {
    private final Metrics metrics;
    private final TensorBoardWriter board;

    private TrainLog(Metrics metrics, TensorBoardWriter board) {
        this.metrics = metrics;
        this.board = board;
    }

    /** The log of a run that starts at a step; what was written after it is dropped. */
    static TrainLog at(RunFolder folder, long step) {
        if (step == 0) {
            return new TrainLog(Metrics.resume(folder.metrics(), -1), TensorBoardWriter.resume(folder.path(), -1));
        }
        return new TrainLog(Metrics.resume(folder.metrics(), step), TensorBoardWriter.resume(folder.path(), step));
    }

    /** Times of a step: how long it took, how many images a second lately, and the part of it that waited for images. */
    record Pace(double seconds, double imagesPerSecond, double waitSeconds) {}

    /**
     * One step: its number from 1, epoch from 0, loss, norm of the gradients before it was limited (NaN if it is not),
     * learning rate and times.
     */
    void step(long step, int epoch, double loss, double norm, double rate, Pace pace) {
        ObjectNode line = Metrics.line("step");
        line.put("step", step).put("epoch", epoch).put("loss", loss).put("lr", rate);
        line.put("seconds", pace.seconds()).put("images_per_second", pace.imagesPerSecond());
        line.put("data_wait_seconds", pace.waitSeconds());
        if (!Double.isNaN(norm)) {
            line.put("gradient_norm", norm);
            board.scalar("train/gradient_norm", step, norm);
        }
        metrics.write(line);
        board.scalar("train/loss", step, loss);
        board.scalar("train/learning_rate", step, rate);
        board.scalar("speed/images_per_second", step, pace.imagesPerSecond());
        board.scalar("speed/data_wait_seconds", step, pace.waitSeconds());
    }

    /** The spectra of the probe after a step, and what they warn of. */
    void spectrum(long step, int epoch, SpectrumReading reading, List<CollapseWarning> warnings) {
        ObjectNode line = Metrics.line("spectrum");
        line.put("step", step).put("epoch", epoch);
        part("embedding", step, reading.embedding(), line);
        part("representation", step, reading.representation(), line.putObject("representation"));
        if (reading.whitens()) {
            line.put("slice_condition", reading.sliceCondition());
            board.scalar("embedding/slice_condition", step, reading.sliceCondition());
        }
        line.put("seconds", reading.seconds());
        ArrayNode all = line.putArray("warnings");
        for (CollapseWarning warning : warnings) {
            all.addObject()
                    .put("name", warning.kind().title())
                    .put("where", warning.where())
                    .put("finding", warning.finding())
                    .put("advice", warning.advice());
        }
        metrics.write(line);
    }

    private void part(String name, long step, SpectrumReading.Part part, ObjectNode line) {
        ArrayNode values = line.putArray("singular_values");
        for (double value : part.spectrum().singularValues()) {
            values.add(value);
        }
        line.put("effective_rank", part.spectrum().effectiveRank());
        line.put("rankme", part.spectrum().rankMe());
        line.put("std", part.meanDeviation());
        line.put("std_min", part.quantile(0)).put("std_median", part.quantile(0.5));
        line.put("std_max", part.quantile(1));
        board.scalar(name + "/effective_rank", step, part.spectrum().effectiveRank());
        board.scalar(name + "/rankme", step, part.spectrum().rankMe());
        board.scalar(name + "/std", step, part.meanDeviation());
    }

    /** The online probe after a step. */
    void online(long step, int epoch, double accuracy, double loss) {
        ObjectNode line = Metrics.line("online_probe");
        line.put("step", step).put("epoch", epoch).put("accuracy", accuracy).put("loss", loss);
        metrics.write(line);
        board.scalar("online_probe/accuracy", step, accuracy);
    }

    /** Forces the metrics to the disk: before a checkpoint counts on them. */
    void flush() {
        metrics.flush();
    }

    @Override
    public void close() {
        metrics.close();
        board.close();
    }
}
