package io.gramian.models.data;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.ViewDraw;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Endless batches of augmented views, made ahead of the training step on threads of its own.
 *
 * <p>Each epoch visits the images in an order that (seed, epoch) fixes; what does not fill a batch is left out. A batch depends
 * on its step alone: any number of threads, and any first step, give the same pixels. {@link #next} is for one thread.
 */
public final class BatchLoader implements AutoCloseable {
    private static final long JOIN_SECONDS = 10;

    /**
     * How to load.
     *
     * @param batch images a step
     * @param seed of shuffling and augmentation
     * @param threads that make batches, each one batch at a time
     * @param ahead finished or unfinished batches that may wait for {@link #next}, at least one
     */
    public record Settings(int batch, long seed, int threads, int ahead) {
        /** Checks the ranges. */
        public Settings {
            if (batch < 1 || threads < 1 || ahead < 1) {
                throw new IllegalArgumentException("expected batch, threads and ahead of at least 1, got " + batch
                        + ", " + threads + " and " + ahead);
            }
        }
    }

    private final Device device;
    private final ImageDataset data;
    private final List<Augmentation> views;
    private final Settings settings;
    private final long stepsPerEpoch;
    private final List<Thread> workers = new ArrayList<>();

    // guarded by this
    private final Map<Long, Made> made = new HashMap<>();
    private final ArrayDeque<List<Tensor>> free = new ArrayDeque<>();
    private final Map<Integer, int[]> orders = new HashMap<>();
    private long claimed;
    private long wanted;
    private long waitNanos;
    private boolean closed;
    private @Nullable Throwable broken;

    /** A finished batch, or why there is none. */
    private record Made(@Nullable Batch batch, @Nullable Throwable failure) {}

    /**
     * Starts loading.
     *
     * @param views augmentation of each view; the statistics of the data set are part of it
     * @param firstStep number of the first batch: 0, or where an interrupted run goes on
     * @throws IllegalArgumentException if the data set is smaller than one batch
     */
    public BatchLoader(Device device, ImageDataset data, List<Augmentation> views, Settings settings, long firstStep) {
        this.device = device;
        this.data = data;
        this.views = List.copyOf(views);
        this.settings = settings;
        this.stepsPerEpoch = stepsPerEpoch(data, settings.batch());
        if (firstStep < 0 || views.isEmpty()) {
            throw new IllegalArgumentException("expected a first step of at least 0 and at least one view, got "
                    + firstStep + " and " + views.size());
        }
        this.claimed = firstStep;
        this.wanted = firstStep;
        for (int i = 0; i < settings.threads(); i++) {
            Thread worker = new Thread(this::work, "gramian-loader-" + i);
            worker.setDaemon(true);
            workers.add(worker);
        }
        workers.forEach(Thread::start);
    }

    /** Full batches in one epoch. */
    public static long stepsPerEpoch(ImageDataset data, int batch) {
        if (batch < 1 || data.size() < batch) {
            throw new IllegalArgumentException("batch: expected 1 to " + data.size() + ", the images of " + data.name()
                    + ", got " + batch + "; use a smaller batch");
        }
        return data.size() / batch;
    }

    /** Full batches in one epoch. */
    public long stepsPerEpoch() {
        return stepsPerEpoch;
    }

    /**
     * The batch of the next step; waits until it is made. The caller closes it.
     *
     * @throws io.gramian.GramianException if an image of this batch could not be read; again on every further call
     * @throws IllegalStateException if the loader is closed
     */
    public Batch next() {
        long start = System.nanoTime();
        Made result;
        synchronized (this) {
            while (!closed && broken == null && !made.containsKey(wanted)) {
                waitForChange();
            }
            waitNanos += System.nanoTime() - start;
            if (closed) {
                throw new IllegalStateException("this loader is closed");
            }
            result = made.get(wanted);
            if (result != null && result.batch() != null) {
                made.remove(wanted);
                wanted++;
                notifyAll();
                return result.batch();
            }
        }
        Throwable failure = result == null ? broken : result.failure();
        if (failure instanceof Error error) {
            throw error;
        }
        throw failure instanceof RuntimeException exception ? exception : new IllegalStateException(failure);
    }

    /** Nanoseconds that {@link #next} has waited so far: 0 when training never waits for data. */
    public synchronized long waitNanos() {
        return waitNanos;
    }

    private void work() {
        try (ViewRenderer renderer = new ViewRenderer(device, 1)) {
            for (long step = claim(); step >= 0; step = claim()) {
                deliver(step, make(renderer, step));
            }
        } catch (RuntimeException | Error failure) {
            synchronized (this) {
                broken = failure;
                notifyAll();
            }
        }
    }

    /** The next step to make; -1 when the loader was closed. */
    private synchronized long claim() {
        while (!closed && claimed >= wanted + settings.ahead()) {
            waitForChange();
        }
        return closed ? -1 : claimed++;
    }

    private Made make(ViewRenderer renderer, long step) {
        List<Tensor> tensors = List.of();
        try {
            tensors = takeTensors();
            int epoch = Math.toIntExact(step / stepsPerEpoch);
            int first = Math.toIntExact(step % stepsPerEpoch * settings.batch());
            int[] indices = Arrays.copyOfRange(order(epoch), first, first + settings.batch());
            renderer.render(data, indices, views, settings.seed(), epoch, tensors);
            List<Tensor> kept = tensors;
            return new Made(new Batch(kept, indices, step, epoch, () -> giveBack(kept)), null);
        } catch (RuntimeException | Error failure) {
            giveBack(tensors);
            return new Made(null, failure);
        }
    }

    private synchronized void deliver(long step, Made result) {
        if (closed && result.batch() != null) {
            result.batch().close();
        } else {
            made.put(step, result);
            notifyAll();
        }
    }

    private synchronized int[] order(int epoch) {
        // threads work on neighbouring steps: two epochs at most
        orders.keySet().removeIf(other -> other < epoch - 1);
        return orders.computeIfAbsent(epoch, e -> ViewDraw.shuffled(data.size(), settings.seed(), e));
    }

    /** Tensors of a closed batch, or new ones: a caller that keeps batches open gets memory, not a deadlock. */
    private List<Tensor> takeTensors() {
        synchronized (this) {
            List<Tensor> reused = free.poll();
            if (reused != null) {
                return reused;
            }
        }
        List<Tensor> fresh = new ArrayList<>();
        try {
            for (Augmentation view : views) {
                fresh.add(Scope.detach(
                        Tensor.empty(device, settings.batch(), view.size(), view.size(), data.channels())));
            }
        } catch (RuntimeException failure) {
            fresh.forEach(Tensor::close);
            throw failure;
        }
        return fresh;
    }

    private synchronized void giveBack(List<Tensor> tensors) {
        if (closed) {
            tensors.forEach(Tensor::close);
        } else if (!tensors.isEmpty()) {
            free.push(tensors);
        }
    }

    private void waitForChange() {
        try {
            wait();
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a batch", interruption);
        }
    }

    /**
     * Stops the threads, each after the batch it is making, and frees what was made and not taken. Batches that are still open
     * stay valid until they are closed. Closing twice does nothing.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            for (Made result : made.values()) {
                if (result.batch() != null) {
                    result.batch().close();
                }
            }
            made.clear();
            while (!free.isEmpty()) {
                free.pop().forEach(Tensor::close);
            }
            notifyAll();
        }
        joinWorkers();
    }

    /** A thread stuck in a dead file system is left behind: it holds nothing that others need. */
    private void joinWorkers() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(JOIN_SECONDS);
        try {
            for (Thread worker : workers) {
                worker.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
            }
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
        }
    }
}
