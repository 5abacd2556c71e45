package io.gramian.models.ssl;

import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.GraphCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Concatenate;
import io.gramian.autograd.function.GivenGradient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A batch that passes the networks in parts, with the gradient of the loss of the whole batch: the parts' outputs are computed
 * without a graph and kept, the loss and its gradient in the outputs are those of all of them together, and then each part
 * passes again, with a graph, and takes its rows of that gradient to the parameters. Memory: the graph of one part, and the
 * outputs of all; time: one forward pass more. By the chain rule nothing is approximated, whatever the loss compares; batch
 * norms, though, see one part at a time, as they would on several devices. Source: Gao et al. 2021, arXiv 2101.06983,
 * section 3 (GradCache).
 *
 * <p>Running statistics of trained networks move in the second pass, once for each part; those of momentum encoders, which
 * pass only once, in the first.
 */
final class CachedPass implements BatchPass {
    private final Learner learner;
    private final List<List<Tensor>> parts = new ArrayList<>();
    /** Outputs of the whole batch: leaves, with the gradient of the loss once that is known. */
    private final List<Variable> outputs = new ArrayList<>();

    private final Variable loss;

    CachedPass(Learner learner, List<Tensor> views, long step, int count) {
        this.learner = learner;
        long images = views.get(0).shape().size(0);
        if (count < 1 || images % count != 0) {
            throw new IllegalArgumentException(
                    "parts: expected a divisor of the batch of " + images + " images, got " + count);
        }
        for (int part = 0; part < count; part++) {
            long from = images / count * part;
            parts.add(views.stream()
                    .map(view -> view.rows(from, from + images / count))
                    .toList());
        }
        List<List<Tensor>> seen = new ArrayList<>();
        List<List<Tensor>> compared = new ArrayList<>();
        try {
            learner.gathering(false);
            for (int part = 0; part < count; part++) {
                forward(part, step * count + part, seen, compared);
            }
            joined(seen).forEach(tensor -> outputs.add(Variable.parameter(tensor)));
            loss = learner.loss(List.copyOf(outputs), joined(compared), step);
        } catch (RuntimeException failure) {
            close();
            throw failure;
        } finally {
            learner.gathering(true);
            seen.forEach(each -> each.forEach(Tensor::close));
            compared.forEach(each -> each.forEach(Tensor::close));
        }
    }

    /** One part without a graph; what it made on the way is freed. */
    private void forward(int part, long draw, List<List<Tensor>> seen, List<List<Tensor>> compared) {
        try (Scope scope = Scope.open()) {
            Autograd.noGrad(() -> {
                seen.add(detached(learner.outputs(parts.get(part)).stream()
                        .map(Variable::value)
                        .toList()));
                compared.add(detached(learner.targets(parts.get(part), draw)));
            });
        }
    }

    /** Tensors of a part that outlive its scope; one that stands twice, or shares memory, as one of its own. */
    private static List<Tensor> detached(List<Tensor> tensors) {
        return tensors.stream()
                .map(tensor -> Scope.detach(tensor.reshape(tensor.shape().toArray())))
                .toList();
    }

    /** Rows of all parts, one below the other, for each output. */
    private static List<Tensor> joined(List<List<Tensor>> ofParts) {
        List<Tensor> whole = new ArrayList<>();
        for (int i = 0; i < ofParts.get(0).size(); i++) {
            int output = i;
            whole.add(Concatenate.joined(
                    ofParts.stream().map(part -> part.get(output)).toList()));
        }
        return whole;
    }

    @Override
    public Variable loss() {
        return loss;
    }

    @Override
    public void backward() {
        loss.backward();
        for (int part = 0; part < parts.size(); part++) {
            backward(part);
        }
    }

    private void backward(int part) {
        try (Scope scope = Scope.open()) {
            List<Variable> again = learner.outputs(parts.get(part));
            List<Variable> pushed = new ArrayList<>();
            List<Tensor> gradients = new ArrayList<>();
            for (int i = 0; i < again.size(); i++) {
                Tensor gradient = outputs.get(i).grad();
                if (gradient != null) {
                    long rows = again.get(i).value().shape().size(0);
                    pushed.add(again.get(i));
                    gradients.add(gradient.rows(part * rows, (part + 1) * rows));
                }
            }
            GivenGradient.apply(pushed, gradients).backward();
        }
    }

    /** Each part passes once more, with a graph to look at. */
    @Override
    public Optional<String> firstNotFinite() {
        try {
            learner.gathering(false);
            for (List<Tensor> part : parts) {
                try (Scope scope = Scope.open()) {
                    for (Variable output : learner.outputs(part)) {
                        Optional<String> bad = GraphCheck.firstNotFinite(output, learner.parameters());
                        if (bad.isPresent()) {
                            return bad;
                        }
                    }
                }
            }
        } finally {
            learner.gathering(true);
        }
        return GraphCheck.firstNotFinite(loss, learner.parameters());
    }

    @Override
    public void close() {
        outputs.forEach(Variable::close);
    }
}
