package io.gramian.models.train;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gramian.models.report.TensorBoardWriter;
import io.gramian.spectrum.Spectrum;

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

    /** One step: its number from 1, epoch from 0, loss, learning rate and times. */
    void step(long step, int epoch, double loss, double rate, Pace pace) {
        ObjectNode line = Metrics.line("step");
        line.put("step", step).put("epoch", epoch).put("loss", loss).put("lr", rate);
        line.put("seconds", pace.seconds()).put("images_per_second", pace.imagesPerSecond());
        line.put("data_wait_seconds", pace.waitSeconds());
        metrics.write(line);
        board.scalar("train/loss", step, loss);
        board.scalar("train/learning_rate", step, rate);
        board.scalar("speed/images_per_second", step, pace.imagesPerSecond());
        board.scalar("speed/data_wait_seconds", step, pace.waitSeconds());
    }

    /** The spectrum of the probe's embeddings after a step; standard deviation is the mean over dimensions. */
    void spectrum(long step, int epoch, Spectrum spectrum, double deviation) {
        ObjectNode line = Metrics.line("spectrum");
        line.put("step", step).put("epoch", epoch);
        ArrayNode values = line.putArray("singular_values");
        for (double value : spectrum.singularValues()) {
            values.add(value);
        }
        line.put("effective_rank", spectrum.effectiveRank());
        line.put("rankme", spectrum.rankMe());
        line.put("std", deviation);
        metrics.write(line);
        board.scalar("embedding/effective_rank", step, spectrum.effectiveRank());
        board.scalar("embedding/rankme", step, spectrum.rankMe());
        board.scalar("embedding/std", step, deviation);
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
