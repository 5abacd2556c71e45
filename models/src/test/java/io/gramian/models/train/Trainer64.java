package io.gramian.models.train;

import io.gramian.Tensor;
import io.gramian.backend.Optimizers.LarsForm;
import io.gramian.models.config.Settings;
import io.gramian.reference.DenseMatchReference;
import io.gramian.reference.KeyInfoNceReference;
import io.gramian.reference.LossAndGradients;
import io.gramian.reference.NegativeCosineReference;
import io.gramian.reference.NormalizeRowsReference;
import io.gramian.reference.OptimizerReference;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Every system in float64 on the network of {@link Encoder64}: what a learner and its optimiser do in a step, written again. */
final class Trainer64 {
    private static final double EPS = 1e-12;
    private static final Map<String, double[]> NONE = Map.of();

    private final TrainConfig config;
    private final Settings settings;
    private final long steps;
    private final Map<String, double[]> values = new LinkedHashMap<>();
    private final Map<String, double[]> gradients = new LinkedHashMap<>();
    private final Map<String, double[]> first = new LinkedHashMap<>();
    private final Map<String, double[]> second = new LinkedHashMap<>();
    private final Map<String, Boolean> vectors = new LinkedHashMap<>();

    /** Starts from the tensors of a learner; {@code trained} are the names of what gradients change. */
    Trainer64(TrainConfig config, long steps, Map<String, Tensor> tensors, Iterable<String> trained) {
        this.config = config;
        this.settings = config.settings();
        this.steps = steps;
        tensors.forEach((name, tensor) -> {
            if (!name.contains("running_")) {
                values.put(name, Encoder64.widened(tensor));
                vectors.put(name, tensor.shape().rank() <= 1);
            }
        });
        for (String name : trained) {
            gradients.put(name, new double[values.get(name).length]);
            first.put(name, new double[values.get(name).length]);
            second.put(name, new double[values.get(name).length]);
        }
    }

    /** Parameters, averaged parameters and queues by name. */
    Map<String, double[]> values() {
        return values;
    }

    /** One step: the loss before it. {@code rate} is that of the schedule, {@code fixed} that of a predictor that keeps its. */
    double step(List<double[]> views, long step, double rate, double fixed) {
        gradients.values().forEach(gradient -> Arrays.fill(gradient, 0));
        double loss =
                switch (config.system().name()) {
                    case "simsiam" -> simSiam(views);
                    case "byol" -> byol(views);
                    case "moco-v1", "moco-v2", "moco-v2-plus" -> moco(views, step);
                    case "moco-v3" -> mocoV3(views, step);
                    case "densecl" -> denseCl(views, step);
                    default -> joint(views, step);
                };
        if (config.clip() > 0) {
            OptimizerReference.clip(gradients.values().toArray(new double[0][]), config.clip());
        }
        gradients.forEach((name, gradient) ->
                optimise(name, gradient, fixed > 0 && name.startsWith("predictor.") ? fixed : rate, step + 1));
        if (config.system().name().equals("byol")) {
            average("target.", step);
        }
        return loss;
    }

    private void optimise(String name, double[] g, double scheduled, long count) {
        TrainConfig.OptimizerChoice o = config.optimizer();
        double[] p = values.get(name);
        double[] m = first.get(name);
        double[] v = second.get(name);
        boolean vector = vectors.get(name);
        boolean excluded =
                (vector && o.excludeVectors()) || o.exclude().stream().anyMatch(part -> name.startsWith(part + "."));
        double decay = excluded ? 0 : o.weightDecay();
        double rate = scheduled * (vector ? o.biasFactor() : 1);
        for (Map.Entry<String, Double> factor : o.rates().entrySet()) {
            rate *= name.startsWith(factor.getKey() + ".") ? factor.getValue() : 1;
        }
        switch (o.name()) {
            case "sgd" -> OptimizerReference.sgd(p, g, m, rate, decay, o.momentum(), false);
            case "adam" -> OptimizerReference.adam(p, g, m, v, rate, decay, o.beta1(), o.beta2(), o.eps(), count);
            case "adamw" -> OptimizerReference.adamW(p, g, m, v, rate, decay, o.beta1(), o.beta2(), o.eps(), count);
            case "lamb" -> {
                if (excluded) {
                    OptimizerReference.adamW(p, g, m, v, rate, 0, o.beta1(), o.beta2(), o.eps(), count);
                } else {
                    OptimizerReference.lamb(p, g, m, v, rate, decay, o.beta1(), o.beta2(), o.eps(), count);
                }
            }
            default -> lars(p, g, m, rate, excluded);
        }
    }

    private void lars(double[] p, double[] g, double[] m, double rate, boolean excluded) {
        TrainConfig.OptimizerChoice o = config.optimizer();
        boolean classic = o.larsForm() == LarsForm.CLASSIC;
        if (excluded) {
            // without a trust ratio the classic form gathers the rate too
            double inside = classic ? rate : 1;
            double[] scaled = Arrays.stream(g).map(each -> inside * each).toArray();
            OptimizerReference.sgd(p, scaled, m, classic ? 1 : rate, 0, o.momentum(), false);
        } else if (classic) {
            OptimizerReference.larsClassic(p, g, m, rate, o.weightDecay(), o.momentum(), o.trust());
        } else if (o.larsForm() == LarsForm.RAW_NORM) {
            OptimizerReference.larsRawNorm(p, g, m, rate, o.weightDecay(), o.momentum(), o.trust(), 1e-8, o.clip());
        } else {
            OptimizerReference.larsDecayedNorm(p, g, m, rate, o.weightDecay(), o.momentum(), o.trust());
        }
    }

    private Encoder64 online(List<double[]> views) {
        return new Encoder64(values, gradients, "", settings, views);
    }

    private double joint(List<double[]> views, long step) {
        Encoder64 pass = online(views);
        LossAndGradients result = Loss64.of(config, pass.embeddings(), pass.n(), step);
        pass.backward(result.gradients());
        return result.loss();
    }

    private Chain64 predictor(double[] z, int n) {
        return new Chain64(values, gradients, z, n)
                .head(
                        "predictor",
                        settings.integers("predictor.hidden").size() + 1,
                        settings.flag("predictor.norm"),
                        !settings.text("predictor.norm_last").equals("none"));
    }

    private Chain64[] predictors(Encoder64 pass) {
        return new Chain64[] {predictor(pass.embeddings()[0], pass.n()), predictor(pass.embeddings()[1], pass.n())};
    }

    private double simSiam(List<double[]> views) {
        Encoder64 pass = online(views);
        return predict(pass, pass.embeddings(), 1e-8, 0.5, 0);
    }

    private double byol(List<double[]> views) {
        Encoder64 pass = online(views);
        double[][] targets = new Encoder64(values, NONE, "target.", settings, views).embeddings();
        return predict(pass, targets, EPS, 2, 4);
    }

    /** {@code offset + weight (negative cosines of both directions)}; targets get no gradient. */
    private double predict(Encoder64 pass, double[][] targets, double eps, double weight, double offset) {
        int n = pass.n();
        Chain64[] heads = predictors(pass);
        double[][] dz = new double[2][];
        double loss = offset;
        for (int v = 0; v < 2; v++) {
            double[] p = heads[v].output();
            int d = p.length / n;
            loss += weight * NegativeCosineReference.value(p, targets[1 - v], n, d, eps);
            double[] dp = scaled(NegativeCosineReference.gradient(p, targets[1 - v], n, d, eps), weight);
            dz[v] = heads[v].backward(dp);
        }
        pass.backward(dz);
        return loss;
    }

    private double mocoV3(List<double[]> views, long step) {
        average("momentum.", step);
        Encoder64 pass = online(views);
        double[][] keys = new Encoder64(values, NONE, "momentum.", settings, views).embeddings();
        Chain64[] heads = predictors(pass);
        double[][] dz = new double[2][];
        double loss = 0;
        for (int v = 0; v < 2; v++) {
            double[] q = heads[v].output();
            LossAndGradients result =
                    KeyInfoNceReference.mocoV3(q, keys[1 - v], pass.n(), q.length / pass.n(), temperature());
            loss += result.loss();
            dz[v] = heads[v].backward(result.gradients()[0]);
        }
        pass.backward(dz);
        return loss;
    }

    private double moco(List<double[]> views, long step) {
        average("momentum.", step);
        String directions = settings.text("loss.directions");
        double weight = directions.equals("two-queues") ? 0.5 : 1;
        int count = directions.equals("one-way") ? 1 : 2;
        double[][] keys = new double[2][];
        double loss = 0;
        for (int v = 0; v < count; v++) {
            Encoder64 query = online(List.of(views.get(v)));
            keys[1 - v] = new Encoder64(values, NONE, "momentum.", settings, List.of(views.get(1 - v))).embeddings()[0];
            double[] q = query.embeddings()[0];
            int n = query.n();
            int[] match = IntStream.range(0, n).toArray();
            double[] queue = values.get(directions.equals("two-queues") && v == 0 ? "queue2" : "queue");
            LossAndGradients result =
                    KeyInfoNceReference.queue(q, keys[1 - v], match, queue, q.length / n, temperature());
            loss += weight * result.loss();
            query.backward(new double[][] {scaled(result.gradients()[0], weight)});
        }
        int n = views.get(0).length / 36;
        long each = directions.equals("sum") ? 2L * n : n;
        for (int v = 0; v < count; v++) {
            String queue = directions.equals("two-queues") && v == 0 ? "queue2" : "queue";
            enqueue(queue, keys[1 - v], n, step * each + (directions.equals("sum") ? (long) v * n : 0));
        }
        return loss;
    }

    private double denseCl(List<double[]> views, long step) {
        average("momentum.", step);
        average("momentum_dense.", "dense.", step);
        Encoder64 query = online(List.of(views.get(0)));
        Encoder64 key = new Encoder64(values, NONE, "momentum.", settings, List.of(views.get(1)));
        int n = query.n();
        double[] maps = query.maps()[0];
        int rows = maps.length / PatchBackbone.FEATURES;
        int linears = settings.integers("dense.hidden").size() + 1;
        Chain64 dense = new Chain64(values, gradients, maps, rows).head("dense", linears, false, false);
        double[] denseKey = new Chain64(values, NONE, key.maps()[0], rows)
                .head("momentum_dense", linears, false, false)
                .output();
        int[] match = DenseMatchReference.value(maps, key.maps()[0], n, rows / n, PatchBackbone.FEATURES);
        double lambda = settings.number("loss.lambda");
        double[] q = query.embeddings()[0];
        int e = dense.output().length / rows;
        LossAndGradients global = KeyInfoNceReference.queue(
                q,
                key.embeddings()[0],
                IntStream.range(0, n).toArray(),
                values.get("queue"),
                q.length / n,
                temperature());
        LossAndGradients local =
                KeyInfoNceReference.queue(dense.output(), denseKey, match, values.get("dense_queue"), e, temperature());
        double[] dMaps = dense.backward(scaled(local.gradients()[0], lambda));
        query.backward(new double[][] {scaled(global.gradients()[0], 1 - lambda)}, dMaps);
        double[] means = new double[n * e];
        for (int i = 0; i < rows * e; i++) {
            means[i / e / (rows / n) * e + i % e] += denseKey[i] / (rows / n);
        }
        enqueue("queue", key.embeddings()[0], n, step * n);
        enqueue("dense_queue", means, n, step * n);
        return (1 - lambda) * global.loss() + lambda * local.loss();
    }

    /** Rows of norm 1 from this row of an endless queue on. */
    private void enqueue(String name, double[] keys, int n, long from) {
        double[] queue = values.get(name);
        int d = keys.length / n;
        double[] unit = NormalizeRowsReference.value(keys, n, d, EPS);
        for (int i = 0; i < n; i++) {
            int row = (int) ((from + i) % (queue.length / d));
            System.arraycopy(unit, i * d, queue, row * d, d);
        }
    }

    private void average(String prefix, long step) {
        average(prefix, "", step);
    }

    private void average(String prefix, String online, long step) {
        double start = settings.number("momentum.start");
        double end = settings.number("momentum.end");
        double momentum = end - (end - start) * (1 + Math.cos(Math.PI * step / steps)) / 2;
        values.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                OptimizerReference.movingAverage(value, values.get(online + name.substring(prefix.length())), momentum);
            }
        });
    }

    /** As the float32 loss has it. */
    private double temperature() {
        return (float) settings.number("loss.temperature");
    }

    private static double[] scaled(double[] x, double factor) {
        return Arrays.stream(x).map(each -> each * factor).toArray();
    }
}
