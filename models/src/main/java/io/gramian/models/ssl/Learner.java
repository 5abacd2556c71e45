package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Module;
import io.gramian.loss.KeyQueue;
import io.gramian.loss.RandomLoss;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A system at work: its networks, and what else it carries from step to step. A training step is
 *
 * <pre>{@code
 * learner.begin(step);
 * Variable loss = learner.loss(views, step);
 * loss.backward();                 // or, in parts: pass(views, step, parts), which is closed
 * ... the optimiser changes learner.parameters() ...
 * learner.end(step);
 * }</pre>
 *
 * all inside one {@link io.gramian.Scope}. A step is a function of {@link #tensors}, the views and the number of the step, so
 * a run goes on bit for bit from tensors that were saved.
 */
public abstract class Learner implements AutoCloseable {
    private final SslNetwork network;
    private final Map<String, Variable> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final List<Runnable> closings = new ArrayList<>();
    private final List<Module> trained = new ArrayList<>();

    /** A learner of this network, whose parameters and buffers keep their names. */
    protected Learner(SslNetwork network) {
        this.network = network;
        parameters.putAll(network.parameters());
        tensors.putAll(network.weights());
        closings.add(network::close);
    }

    /** Adds a module that is trained with the network, under a name of its own; closed with the learner. */
    protected final <M extends Module> M trained(String name, M module) {
        module.parameters().forEach((inner, parameter) -> parameters.put(name + "." + inner, parameter));
        trained.add(module);
        return kept(name, module);
    }

    /** Adds a module that is saved but not trained by gradients; closed with the learner. */
    protected final <M extends Module> M kept(String name, M module) {
        SslNetwork.weights(module).forEach((inner, tensor) -> tensors.put(name + "." + inner, tensor));
        closings.add(module::close);
        return module;
    }

    /** Adds a queue that is saved; closed with the learner. */
    protected final KeyQueue kept(String name, KeyQueue queue) {
        tensors.put(name, queue.rows());
        closings.add(queue::close);
        return queue;
    }

    /** Adds a loss that holds what it drew, which the step and the seed decide; closed with the learner. */
    protected final RandomLoss.Drawn kept(RandomLoss.Drawn loss) {
        closings.add(loss::close);
        return loss;
    }

    /** Adds what shuffles batches; closed with the learner. */
    final SplitBatch kept(SplitBatch split) {
        closings.add(split::close);
        return split;
    }

    /** The network that is trained and evaluated: backbone and projector. */
    public final SslNetwork network() {
        return network;
    }

    /** What gradients train, by name, in the order of the forward pass. */
    public final Map<String, Variable> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    /** Every tensor that outlives a step, by name: the live ones, to be written from and read into. */
    public final Map<String, Tensor> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    /** Whether this parameter's learning rate stays at its peak when the others follow the schedule. */
    public boolean fixedRate(String parameter) {
        return false;
    }

    /** Whether the passes of every step make the same calls in the same order, with nothing drawn or counted on the host. */
    public boolean replayable() {
        return true;
    }

    /** What comes before the forward pass: momentum encoders that move first, random numbers of the loss. */
    public void begin(long step) {}

    /**
     * What the trained networks make of images, and what the loss sees of it: each output has its rows in the order of the
     * images, the same number for each. A batch may pass in parts, whose outputs are put together before the loss; parts share
     * nothing but parameters and running statistics.
     *
     * @param views (n, h, w, c) each, of a batch or a part of one
     */
    protected abstract List<Variable> outputs(List<Tensor> views);

    /**
     * What the loss compares outputs with and what gets no gradient, as momentum encoders' keys; rows as those of the outputs.
     * Nothing of it is recorded.
     *
     * @param views (n, h, w, c) each, of a batch or a part of one
     * @param draw number of the part over all steps: what is drawn at random for it is a function of this
     */
    protected List<Tensor> targets(List<Tensor> views, long draw) {
        return List.of();
    }

    /**
     * The loss of a whole batch, a variable of shape (1).
     *
     * @param outputs of all images, in the order of {@link #outputs}
     * @param targets of all images, in the order of {@link #targets}
     * @param step number of the step, from 0
     */
    protected abstract Variable loss(List<Variable> outputs, List<Tensor> targets, long step);

    /**
     * The loss of a batch that passes at once, a variable of shape (1).
     *
     * @param views (n, h, w, c) each
     * @param step number of the step, from 0
     */
    public final Variable loss(List<Tensor> views, long step) {
        List<Variable> outputs = outputs(views);
        return loss(outputs, Autograd.noGrad(() -> targets(views, step)), step);
    }

    /** The loss and its gradient for a batch that passes in so many parts of the same size. */
    public final BatchPass pass(List<Tensor> views, long step, int parts) {
        return parts == 1 ? BatchPass.whole(this, loss(views, step)) : new CachedPass(this, views, step, parts);
    }

    /** Whether the trained networks' running statistics move in forward passes. */
    final void gathering(boolean on) {
        network.gathering(on);
        trained.forEach(module -> module.gathering(on));
    }

    /** What comes after the optimiser's step: targets that follow, queues that take this batch's keys. */
    public void end(long step) {}

    /** Frees networks and queues. */
    @Override
    public final void close() {
        closings.forEach(Runnable::run);
    }
}
