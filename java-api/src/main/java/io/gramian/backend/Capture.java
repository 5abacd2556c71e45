package io.gramian.backend;

import io.gramian.GramianException;
import org.bytedeco.javacpp.LongPointer;
import org.jspecify.annotations.Nullable;

/**
 * The recording of a stream's calls by a thread, in place of running them.
 *
 * @param stream whose calls are recorded
 * @param memory where the tensors come from that the body allocates
 */
record Capture(Stream stream, GraphMemory memory) {
    /** What this Java thread captures. */
    private static final ThreadLocal<@Nullable Capture> CURRENT = new ThreadLocal<>();

    /** What this thread captures, or null. */
    static @Nullable Capture current() {
        return CURRENT.get();
    }

    /** Records the calls of a body as {@link Stream#capture} says; the stream is locked meanwhile. */
    static Graph of(Stream stream, Runnable body) {
        checkNone("a capture");
        if (stream.memory().onHost()) {
            throw new GramianException(
                    "device " + stream.memory().device() + " captures no graphs; run the calls themselves");
        }
        GraphMemory kept = new GraphMemory(stream.memory());
        stream.run((calls, at) -> calls.gramian_capture_begin(at));
        CURRENT.set(new Capture(stream, kept));
        stream.memory().nextEra();
        long graph = 0;
        boolean done = false;
        try {
            stream.use(body);
            done = true;
        } finally {
            CURRENT.set(null);
            stream.memory().nextEra();
            try (LongPointer result = new LongPointer(1)) {
                int status = stream.status((calls, at) -> calls.gramian_capture_end(at, result.address()));
                graph = result.get();
                if (done) {
                    stream.check(status);
                }
            } finally {
                if (graph == 0) {
                    kept.close();
                } else if (!done) {
                    new Graph(stream, graph, kept).close();
                }
            }
        }
        return new Graph(stream, graph, kept);
    }

    /** Refuses what needs the host, as in {@code reading FLOAT32 (3)}, while this thread captures. */
    static void checkNone(String what) {
        Capture captured = CURRENT.get();
        if (captured != null) {
            throw new GramianException(
                    what + " inside a capture on " + captured.stream.memory().device()
                            + ", which is repeated without the host; do it before or after");
        }
    }
}
