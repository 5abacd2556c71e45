package io.gramian.spectrum;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.ObjLongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the embeddings of a training every so many steps: what the listeners of the trainers' adapters are made of.
 *
 * <p>Each look logs, under the name of this class, one line at level INFO with effective rank, RankMe, standard deviation and
 * verdict ({@link Diagnosis}); one with the spectrum and one with the standard deviation of each dimension, both as shares, at
 * level INFO in short and in full at level DEBUG; and where the embeddings collapse, one at level WARN with the name of the
 * collapse and what to try. Whoever wants the numbers gives a consumer.
 *
 * <pre>{@code
 * EmbeddingWatch watch = EmbeddingWatch.every(100);
 * if (watch.due()) {          // once a step
 *     watch.look(embeddings);
 * }
 * }</pre>
 *
 * <p>Time: that of {@link Diagnosis} in the steps that are due, none in the others. Not for several threads at once.
 */
public final class EmbeddingWatch {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddingWatch.class);

    /** Numbers of a list that stands in one line. */
    private static final int SHORT = 8;

    private final long interval;
    private final ObjLongConsumer<Diagnosis> consumer;
    private long steps;

    private EmbeddingWatch(long interval, ObjLongConsumer<Diagnosis> consumer) {
        this.interval = interval;
        this.consumer = consumer;
    }

    /**
     * A watch that logs.
     *
     * @param interval steps from one look to the next, at least 1; the first step is looked at
     */
    public static EmbeddingWatch every(long interval) {
        return every(interval, (diagnosis, step) -> {});
    }

    /**
     * A watch that logs and tells.
     *
     * @param interval as in {@link #every(long)}
     * @param consumer receives each diagnosis with the number of its step, from 0
     */
    public static EmbeddingWatch every(long interval, ObjLongConsumer<Diagnosis> consumer) {
        Check.atLeast("interval", interval, 1);
        return new EmbeddingWatch(interval, consumer);
    }

    /** Counts a step, and says whether its embeddings are to be looked at. */
    public boolean due() {
        return steps++ % interval == 0;
    }

    /**
     * Looks at the embeddings of the step that {@link #due} counted last.
     *
     * @param z float32 (n, d); not modified
     * @throws IllegalArgumentException if z is no float32 matrix
     */
    public Diagnosis look(Tensor z) {
        Diagnosis diagnosis = Diagnosis.of(z);
        long step = Math.max(0, steps - 1);
        LOG.info("step {}: {}", step, diagnosis);
        if (LOG.isDebugEnabled()) {
            LOG.debug("step {}: spectrum {}", step, Arrays.toString(shares(diagnosis)));
            LOG.debug("step {}: std of dimensions {}", step, Arrays.toString(diagnosis.deviations()));
        } else {
            LOG.info("step {}: spectrum {}", step, first(shares(diagnosis)));
            LOG.info("step {}: std of dimensions {}", step, spread(diagnosis.deviations()));
        }
        if (diagnosis.warns()) {
            LOG.warn("step {}: {}", step, diagnosis.warning());
        }
        consumer.accept(diagnosis, step);
        return diagnosis;
    }

    /** Singular values over their sum. */
    private static double[] shares(Diagnosis diagnosis) {
        double[] values = diagnosis.spectrum().singularValues();
        double sum = Arrays.stream(values).sum();
        return Arrays.stream(values).map(value -> sum == 0 ? 0 : value / sum).toArray();
    }

    /** As in {@code 0.2100 0.1500 ... of 64}. */
    private static String first(double[] values) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(SHORT, values.length); i++) {
            text.append(String.format(Locale.ROOT, "%.4f ", values[i]));
        }
        return text + (values.length > SHORT ? "... of " + values.length : "in all");
    }

    /** As in {@code from 0.0900 to 0.1400, median 0.1200}. */
    private static String spread(double[] values) {
        if (values.length == 0) {
            return "none";
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return String.format(
                Locale.ROOT,
                "from %.4f to %.4f, median %.4f",
                sorted[0],
                sorted[sorted.length - 1],
                sorted[sorted.length / 2]);
    }
}
