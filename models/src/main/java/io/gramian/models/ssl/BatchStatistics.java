package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Concatenate;
import io.gramian.autograd.function.Rows;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/** Which activations of the views of a batch are normalised with common batch statistics. */
public enum BatchStatistics {
    /** All views pass through the network as one batch; views of another size through the backbone as one of their own. */
    TOGETHER,
    /** Each view passes by itself. */
    SEPARATE,
    /** Each view passes through the backbone by itself; all pass through the projector as one batch. */
    PROJECTOR_TOGETHER;

    private static final String KEY = "batch_statistics";

    /** The setting that {@link #of} reads. */
    public static Setting setting() {
        List<String> words = Arrays.stream(values())
                .map(each -> each.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList();
        return Setting.choice(KEY, "separate", words, "which views pass through the network as one batch");
    }

    /** The choice of a configuration. */
    public static BatchStatistics of(Settings settings) {
        return valueOf(settings.text(KEY).replace('-', '_').toUpperCase(Locale.ROOT));
    }

    /** Views (n, h, w, c), of one size or of several, to embeddings (n, d). */
    public List<Variable> embeddings(SslNetwork network, List<Tensor> views) {
        return switch (this) {
            case TOGETHER -> {
                List<Variable> features = new ArrayList<>();
                for (List<Tensor> group : ofOneSize(views)) {
                    features.add(network.backbone().forward(Variable.constant(Concatenate.joined(group))));
                }
                Variable all = features.size() == 1 ? features.get(0) : Concatenate.apply(features);
                yield parts(network.project(all), views.size());
            }
            case SEPARATE -> each(views, network::forward);
            case PROJECTOR_TOGETHER -> {
                Variable all = Concatenate.apply(each(views, network.backbone()::forward));
                yield parts(network.project(all), views.size());
            }
        };
    }

    /** Neighbouring views of the same shape: what a network can take as one batch. */
    private static List<List<Tensor>> ofOneSize(List<Tensor> views) {
        List<List<Tensor>> groups = new ArrayList<>();
        for (Tensor view : views) {
            List<Tensor> last = groups.isEmpty() ? List.of() : groups.get(groups.size() - 1);
            if (last.isEmpty() || !last.get(0).shape().equals(view.shape())) {
                last = new ArrayList<>();
                groups.add(last);
            }
            last.add(view);
        }
        return groups;
    }

    private static List<Variable> each(List<Tensor> views, UnaryOperator<Variable> body) {
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
