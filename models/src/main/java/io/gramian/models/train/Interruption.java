package io.gramian.models.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C (or a plain kill) as a request: the loop sees it after its step, saves, and leaves; the JVM waits for that. The
 * exit code is the one the JVM gives to the signal, 130 for Ctrl-C.
 */
public final class Interruption implements AutoCloseable {
    /** A step, a checkpoint and the closing of files take seconds; longer than this and the JVM ends anyway. */
    private static final long PATIENCE_SECONDS = 120;

    private final AtomicBoolean requested = new AtomicBoolean();
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook = new Thread(this::onShutdown, "gramian-interruption");

    /** Listens until closed. */
    public Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void onShutdown() {
        requested.set(true);
        try {
            if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether somebody asked to stop. */
    public boolean requested() {
        return requested.get();
    }

    /** Asks to stop, as Ctrl-C does. */
    public void request() {
        requested.set(true);
    }

    /** Lets the JVM end. */
    @Override
    public void close() {
        done.countDown();
        if (!requested.get()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException shuttingDown) {
                requested.set(true);
            }
        }
    }
}
