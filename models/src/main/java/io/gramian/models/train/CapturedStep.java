package io.gramian.models.train;

import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.backend.Deferred;
import io.gramian.backend.Fetched;
import io.gramian.backend.Graph;
import io.gramian.backend.Stream;
import io.gramian.models.ssl.BatchPass;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forward pass, loss and backward pass of a training step on a GPU. The first step runs as it is, which makes everything that
 * libraries make at their first use; the second is captured, and from then on a step is a copy of its views and one launch.
 * Nothing waits for the device: the loss comes later.
 *
 * <p>A step may be captured if it makes the same calls every time: no random draws, no numbers of the host that change. What
 * fails to be captured runs as it is, and the log says why.
 */
final class CapturedStep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CapturedStep.class);

    private final Stream stream;
    private final Function<List<Tensor>, BatchPass> body;
    private final Collection<Variable> parameters;
    private boolean wanted;
    private boolean warm;
    private @Nullable Graph graph;
    private @Nullable Deferred<Double> value;
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<Tensor> held = new ArrayList<>();
    private final Map<Variable, Tensor> gradients = new LinkedHashMap<>();

    /**
     * A step of a network.
     *
     * @param stream of the device
     * @param parameters what gets gradients
     * @param wanted whether to capture it
     * @param body the pass of views
     */
    CapturedStep(
            Stream stream, Collection<Variable> parameters, boolean wanted, Function<List<Tensor>, BatchPass> body) {
        this.stream = stream;
        this.parameters = List.copyOf(parameters);
        this.wanted = wanted;
        this.body = body;
    }

    /** Whether steps are launches of a graph by now. */
    boolean isCaptured() {
        return graph != null;
    }

    /** Computes the gradients of all parameters for these views, and the loss; inside the scope of the step. */
    Fetched<Double> run(List<Tensor> views) {
        if (graph == null && wanted && warm) {
            capture(views);
        }
        warm = true;
        Graph captured = graph;
        Deferred<Double> number = value;
        if (captured == null || number == null) {
            try (BatchPass now = body.apply(views)) {
                Fetched<Double> coming = now.loss().fetch();
                now.backward();
                return coming;
            }
        }
        for (int v = 0; v < views.size(); v++) {
            inputs.get(v).copyFrom(views.get(v));
        }
        captured.launch();
        gradients.forEach((parameter, gradient) ->
                parameter.gradient(gradient.reshape(gradient.shape().toArray())));
        return number.fetch();
    }

    private void capture(List<Tensor> views) {
        for (Tensor view : views) {
            inputs.add(Scope.detach(
                    Tensor.empty(view.device(), view.dtype(), view.shape().toArray())));
        }
        try {
            graph = stream.capture(this::record);
        } catch (GramianException refused) {
            LOG.warn("steps are not captured: {}", refused.getMessage());
            wanted = false;
            parameters.forEach(Variable::clearGradient);
            close();
        }
    }

    /** What is open at the end stays open: results of the launches, and what the system keeps for the end of the step. */
    private void record() {
        try (Scope scope = Scope.open()) {
            try (BatchPass recorded = body.apply(inputs)) {
                value = recorded.loss().deferred().keep();
                recorded.backward();
                for (Variable parameter : parameters) {
                    Tensor gradient = parameter.grad();
                    if (gradient != null) {
                        gradients.put(
                                parameter,
                                Scope.detach(gradient.reshape(gradient.shape().toArray())));
                    }
                }
            } finally {
                held.addAll(scope.detachAll());
            }
        }
    }

    /** Frees the graph and its memory. */
    @Override
    public void close() {
        if (value != null) {
            value.close();
            value = null;
        }
        held.forEach(Tensor::close);
        held.clear();
        gradients.values().forEach(Tensor::close);
        gradients.clear();
        if (graph != null) {
            graph.close();
            graph = null;
        }
        inputs.forEach(Tensor::close);
        inputs.clear();
    }
}
