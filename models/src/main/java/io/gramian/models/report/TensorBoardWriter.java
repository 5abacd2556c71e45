package io.gramian.models.report;

import io.gramian.GramianException;
import io.gramian.models.format.ProtoMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Writes event files that TensorBoard reads: {@code events.out.tfevents.<seconds>.<host>}, with the protobuf messages
 * Event, Summary and HistogramProto encoded by hand. Every record is in the file when the call returns. One thread at a
 * time.
 */
public final class TensorBoardWriter implements AutoCloseable {
    /** Start of the names of event files. */
    public static final String PREFIX = "events.out.tfevents.";

    private final Path path;
    private final Clock clock;
    private final RecordFile file;

    private TensorBoardWriter(Path path, Clock clock, RecordFile file) {
        this.path = path;
        this.clock = clock;
        this.file = file;
    }

    /** Starts a new event file in a folder, which is made if needed. */
    public static TensorBoardWriter create(Path folder) {
        return create(folder, Clock.systemUTC());
    }

    static TensorBoardWriter create(Path folder, Clock clock) {
        Path path = folder.resolve(PREFIX + String.format("%010d", clock.millis() / 1000) + "." + host());
        return open(path, clock, Long.MAX_VALUE);
    }

    /**
     * Continues the newest event file of a folder, or starts one if there is none. A record that a killed process left
     * half-written is cut off, and so are the records of later steps, which the resumed run writes again.
     *
     * @param lastStep last step to keep: that of the checkpoint
     */
    public static TensorBoardWriter resume(Path folder, long lastStep) {
        try (Stream<Path> files = Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
            Optional<Path> newest = files.filter(
                            file -> file.getFileName().toString().startsWith(PREFIX))
                    .max(Comparator.comparing(file -> file.getFileName().toString()));
            return newest.isPresent()
                    ? open(newest.get(), Clock.systemUTC(), lastStep)
                    : create(folder, Clock.systemUTC());
        } catch (IOException failure) {
            throw new GramianException(folder + ": could not be listed: " + failure.getMessage(), failure);
        }
    }

    private static TensorBoardWriter open(Path path, Clock clock, long lastStep) {
        try {
            Path folder = path.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            RecordFile file = RecordFile.append(path, step -> step <= lastStep);
            TensorBoardWriter writer = new TensorBoardWriter(path, clock, file);
            if (file.isEmpty()) {
                writer.event(writer.head(0).text(3, "brain.Event:2"));
            }
            return writer;
        } catch (IOException | BufferUnderflowException failure) {
            throw new GramianException(
                    path + ": could not be opened for TensorBoard events: " + failure.getMessage(), failure);
        }
    }

    /** Path of the event file. */
    public Path path() {
        return path;
    }

    /**
     * One number of one step; tags with a slash, as in {@code train/loss}, form groups. NaN and infinities are kept.
     */
    public void scalar(String tag, long step, double value) {
        summary(step, new ProtoMessage().text(1, tag).float32(2, (float) value));
    }

    /**
     * Distribution of values at one step; values that are not finite are left out, and without any nothing is written.
     */
    public void histogram(String tag, long step, double[] values) {
        double[] sorted =
                Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
        if (sorted.length > 0) {
            summary(step, new ProtoMessage().text(1, tag).message(5, histogram(sorted)));
        }
    }

    private void summary(long step, ProtoMessage value) {
        event(head(step).message(5, new ProtoMessage().message(1, value)));
    }

    /** HistogramProto of sorted values: 30 equal buckets; bucket_limit is the upper end of each. */
    private static ProtoMessage histogram(double[] sorted) {
        int buckets = 30;
        double least = sorted[0];
        double most = sorted[sorted.length - 1];
        double width = most > least ? (most - least) / buckets : 1;
        double[] limits = new double[buckets];
        Arrays.setAll(limits, i -> i == buckets - 1 ? Math.max(most, least + width) : least + (i + 1) * width);
        double[] counts = new double[buckets];
        double sum = 0;
        double squares = 0;
        for (double value : sorted) {
            counts[(int) Math.min(buckets - 1, (value - least) / width)]++;
            sum += value;
            squares += value * value;
        }
        return new ProtoMessage()
                .float64(1, least)
                .float64(2, most)
                .float64(3, sorted.length)
                .float64(4, sum)
                .float64(5, squares)
                .packed(6, limits)
                .packed(7, counts);
    }

    /** An Event with wall_time 1 and step 2; file_version 3 or summary 5 is to come. */
    private ProtoMessage head(long step) {
        return new ProtoMessage().float64(1, clock.millis() / 1000.0).int64(2, step);
    }

    private void event(ProtoMessage event) {
        try {
            file.write(event.toBytes());
        } catch (IOException failure) {
            throw new GramianException(path + ": could not be written: " + failure.getMessage(), failure);
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9._-]", "_");
        } catch (UnknownHostException unknown) {
            return "localhost";
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException failure) {
            throw new GramianException(path + ": could not be closed: " + failure.getMessage(), failure);
        }
    }
}
