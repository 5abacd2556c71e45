package io.gramian.models.cli;

import io.gramian.models.train.CollapseWarning;
import io.gramian.models.train.TrainConfig;
import io.gramian.models.train.TrainListener;
import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Training on the screen: a live bar on a terminal, a plain line every few seconds elsewhere. */
final class ConsoleProgress implements TrainListener, AutoCloseable {
    private static final long PLAIN_EVERY_NANOS = 5_000_000_000L;
    private static final int BAR_EVERY_MILLIS = 250;

    private final PrintWriter out;
    private final boolean live;
    private @Nullable ProgressBar bar;
    private long startNanos;
    private long startStep;
    private long lastPlain;

    ConsoleProgress(PrintWriter out, boolean live) {
        this.out = out;
        this.live = live;
    }

    /** Whether standard output is a terminal that moves its cursor. */
    static boolean terminal() {
        String term = System.getenv("TERM");
        return System.console() != null && term != null && !term.equals("dumb") && System.getenv("CI") == null;
    }

    @Override
    public void started(TrainConfig config, long step, long steps, long parameters) {
        out.printf(
                Locale.ROOT,
                "%s on %s: %,d parameters, %d %s, %,d steps of %d images%s%n",
                config.system().name(),
                config.data(),
                parameters,
                config.epochs(),
                config.epochs() == 1 ? "epoch" : "epochs",
                steps,
                config.batch(),
                step > 0 ? String.format(Locale.ROOT, ", going on at step %,d", step) : "");
        out.flush();
        startNanos = System.nanoTime();
        startStep = step;
        lastPlain = startNanos;
        if (live) {
            bar = new ProgressBarBuilder()
                    .setTaskName("")
                    .setInitialMax(steps)
                    .startsFrom(step, java.time.Duration.ZERO)
                    .setUpdateIntervalMillis(BAR_EVERY_MILLIS)
                    .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
                    .build();
        }
    }

    @Override
    public void step(Progress p) {
        long now = System.nanoTime();
        if (bar != null) {
            bar.stepTo(p.step());
            bar.setExtraMessage(words(p, now));
        } else if (now - lastPlain >= PLAIN_EVERY_NANOS || p.step() == p.steps()) {
            lastPlain = now;
            out.printf(Locale.ROOT, "step %,d of %,d: %s%n", p.step(), p.steps(), words(p, now));
            out.flush();
        }
    }

    private String words(Progress p, long now) {
        double perStep = (double) (now - startNanos) / Math.max(1, p.step() - startStep);
        long left = Math.round(perStep * (p.steps() - p.step()) / 1e9);
        String rank =
                Double.isNaN(p.effectiveRank()) ? "" : String.format(Locale.ROOT, ", rank %.1f", p.effectiveRank());
        return String.format(
                Locale.ROOT,
                "epoch %d, loss %.4f, %,.0f images/s%s, %d:%02d left",
                p.epoch() + 1,
                p.loss(),
                p.imagesPerSecond(),
                rank,
                left / 60,
                left % 60);
    }

    @Override
    public void warned(CollapseWarning warning, long step) {
        // a line of its own: the bar draws itself again below
        out.printf(
                Locale.ROOT,
                "%swarning after step %,d: %s%n",
                bar == null ? "" : System.lineSeparator(),
                step,
                warning);
        out.flush();
    }

    @Override
    public void finished() {
        close();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
        out.flush();
    }
}
