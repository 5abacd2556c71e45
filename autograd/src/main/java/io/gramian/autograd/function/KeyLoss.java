package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.backend.Deferred;
import io.gramian.loss.DenseCl;
import io.gramian.loss.MocoV3;
import io.gramian.loss.QueueInfoNce;
import java.util.List;

/** Losses of queries against keys that get no gradient: plain tensors, from a momentum encoder or a queue. */
public final class KeyLoss {
    private KeyLoss() {}

    /**
     * MoCo's loss: a variable of shape (1).
     *
     * @param queries (n, d)
     * @param keys (n, d)
     * @param queue (length, d); enqueue the keys after this, not before
     */
    public static Variable queue(QueueInfoNce loss, Variable queries, Tensor keys, Tensor queue) {
        List<Variable> inputs = List.of(queries);
        if (!Autograd.records(queries)) {
            return Variable.constant(ComputedLoss.constant(inputs, loss.value(queries.value(), keys, queue)));
        }
        List<Tensor> gradients = ComputedLoss.like(inputs);
        Tensor q = queries.value();
        Deferred<Double> value =
                ComputedLoss.deferred(inputs, () -> loss.valueAndGradient(q, keys, queue, gradients.get(0)));
        return ComputedLoss.of("QueueInfoNce", value, inputs, gradients);
    }

    /**
     * MoCo v3's loss: a variable of shape (1).
     *
     * @param queries of views 1 and 2, (n, d) each
     * @param keys of views 1 and 2, (n, d) each
     */
    public static Variable mocoV3(MocoV3 loss, List<Variable> queries, List<Tensor> keys) {
        List<Tensor> values = queries.stream().map(Variable::value).toList();
        if (queries.isEmpty() || !Autograd.records(queries.toArray(new Variable[0]))) {
            double value = loss.value(values, keys);
            return Variable.constant(ComputedLoss.constant(queries, value));
        }
        List<Tensor> gradients = ComputedLoss.like(queries);
        Deferred<Double> value = ComputedLoss.deferred(queries, () -> loss.valueAndGradient(values, keys, gradients));
        return ComputedLoss.of("MocoV3", value, queries, gradients);
    }

    /**
     * DenseCL's loss: a variable of shape (1).
     *
     * @param globalQuery (n, d)
     * @param denseQuery (n cells, e)
     * @param maps the other inputs; its two queries are not read
     */
    public static Variable denseCl(DenseCl loss, Variable globalQuery, Variable denseQuery, DenseCl.Maps maps) {
        List<Variable> inputs = List.of(globalQuery, denseQuery);
        DenseCl.Maps all = new DenseCl.Maps(
                globalQuery.value(),
                maps.globalKey(),
                denseQuery.value(),
                maps.denseKey(),
                maps.backboneQuery(),
                maps.backboneKey(),
                maps.queue(),
                maps.denseQueue());
        if (!Autograd.records(globalQuery, denseQuery)) {
            return Variable.constant(
                    ComputedLoss.constant(inputs, loss.value(all).loss()));
        }
        List<Tensor> gradients = ComputedLoss.like(inputs);
        Deferred<Double> value =
                ComputedLoss.deferred(inputs, () -> loss.valueAndGradient(all, gradients.get(0), gradients.get(1))
                        .loss());
        return ComputedLoss.of("DenseCl", value, inputs, gradients);
    }
}
