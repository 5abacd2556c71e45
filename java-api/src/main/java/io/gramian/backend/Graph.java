package io.gramian.backend;

/**
 * Calls that {@link Stream#capture} recorded. {@link #launch} runs them again, on the same memory, without the host: inputs
 * are what the tensors hold then, results appear in the tensors in which they appeared first.
 */
public final class Graph implements AutoCloseable {
    private final Stream stream;
    private final long graph;
    private final GraphMemory memory;
    private boolean closed;

    Graph(Stream stream, long graph, GraphMemory memory) {
        this.stream = stream;
        this.graph = graph;
        this.memory = memory;
    }

    /** Runs the calls behind what the stream was given before. */
    public void launch() {
        if (closed) {
            throw new IllegalStateException("this graph is closed");
        }
        stream.run((kernels, context) -> kernels.gramian_graph_launch(context, graph));
        stream.memory().nextEra();
    }

    /** Frees the graph and the memory of its calls; tensors that the capture made and somebody still has stay valid. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try {
                stream.run((kernels, context) -> kernels.gramian_graph_destroy(context, graph));
            } finally {
                memory.close();
            }
        }
    }
}
