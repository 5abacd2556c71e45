package io.gramian.models.train;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Concatenate;
import io.gramian.autograd.function.Rows;
import java.util.ArrayList;
import java.util.List;

/** Views (n, h, w, c) to embeddings (n, d), with the batch statistics shared as a method's authors share them. */
final class ViewForward {
    private ViewForward() {}

    static List<Variable> embeddings(SslNetwork network, TrainConfig.Statistics how, List<Tensor> views) {
        return switch (how) {
            case TOGETHER -> {
                Variable all = Variable.constant(Concatenate.joined(views));
                yield parts(network.forward(all), views.size());
            }
            case SEPARATE -> each(views, network::forward);
            case PROJECTOR_TOGETHER -> {
                Variable all = Concatenate.apply(each(views, network.backbone()::forward));
                yield parts(network.projector().forward(all), views.size());
            }
        };
    }

    private static List<Variable> each(List<Tensor> views, java.util.function.UnaryOperator<Variable> body) {
        List<Variable> results = new ArrayList<>();
        for (Tensor view : views) {
            results.add(body.apply(Variable.constant(view)));
        }
        return results;
    }

    private static List<Variable> parts(Variable joined, int count) {
        long n = joined.value().shape().size(0) / count;
        List<Variable> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(Rows.apply(joined, i * n, (i + 1) * n));
        }
        return parts;
    }
}
