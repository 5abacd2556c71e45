package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.DenseCl;
import io.gramian.loss.KeyQueue;
import io.gramian.loss.MocoV3;
import io.gramian.loss.QueueInfoNce;
import io.gramian.reference.DenseMatchReference;
import io.gramian.reference.KeyInfoNceReference;
import io.gramian.reference.LossAndGradients;
import io.gramian.reference.NormalizeRowsReference;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Losses against keys without gradient: MoCo with its queue, MoCo v3, DenseCL. Queues in the files are (d, length). */
final class KeyLossRunner implements MethodRunner {
    private static final Set<String> PARAMS = Set.of("temperature", "queue", "steps", "loss_lambda", "grid");
    private static final double EPS = 1e-12;

    @Override
    public boolean knows(GoldenCase golden) {
        boolean mine = Set.of("moco_queue", "mocov3", "densecl").contains(golden.method())
                || (golden.method().equals("edge") && golden.name().startsWith("mocov3_"));
        return mine && PARAMS.containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        switch (golden.method()) {
            case "moco_queue" -> queueTruth(golden, score);
            case "densecl" -> denseTruth(golden, score);
            default -> {
                double t = golden.param("temperature");
                GoldenArray q1 = golden.input("q1");
                LossAndGradients first =
                        KeyInfoNceReference.mocoV3(q1.data(), golden.input("k2").data(), q1.rows(), q1.columns(), t);
                LossAndGradients second = KeyInfoNceReference.mocoV3(
                        golden.input("q2").data(), golden.input("k1").data(), q1.rows(), q1.columns(), t);
                score.value(first.loss() + second.loss(), golden.expected("loss"));
                score.gradient(first.gradients()[0], golden.gradient("q1"));
                score.gradient(second.gradients()[0], golden.gradient("q2"));
            }
        }
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        switch (golden.method()) {
            case "moco_queue" -> queueKernels(golden, device, score);
            case "densecl" -> denseKernels(golden, device, score);
            default -> {
                List<GoldenArray> queries = List.of(golden.input("q1"), golden.input("q2"));
                List<GoldenArray> keys = List.of(golden.input("k1"), golden.input("k2"));
                List<Tensor> gradients = GoldenCase.poisoned(device, queries);
                MocoV3 loss = new MocoV3((float) golden.param("temperature"));
                score.value(
                        loss.valueAndGradient(
                                GoldenCase.tensors(device, queries), GoldenCase.tensors(device, keys), gradients),
                        golden.expected("loss"));
                score.gradient(GoldenArray.widen(gradients.get(0)), golden.gradient("q1"));
                score.gradient(GoldenArray.widen(gradients.get(1)), golden.gradient("q2"));
            }
        }
    }

    private static void queueTruth(GoldenCase golden, Score score) {
        GoldenArray start = golden.input("queue0");
        int d = start.rows();
        double[] queue = transposed(start.data(), d);
        double[] losses = golden.expectedArray("losses").data();
        int position = 0;
        for (int step = 0; step < losses.length; step++) {
            GoldenArray query = golden.input("query" + step);
            double[] key = golden.input("key" + step).data();
            int n = query.rows();
            LossAndGradients result = KeyInfoNceReference.queue(
                    query.data(), key, IntStream.range(0, n).toArray(), queue, d, golden.param("temperature"));
            score.value(result.loss(), losses[step]);
            score.gradient(result.gradients()[0], golden.gradient("query" + step));
            System.arraycopy(NormalizeRowsReference.value(key, n, d, EPS), 0, queue, position * d, n * d);
            position = (position + n) % (queue.length / d);
        }
        score.values(queue, transposed(golden.expectedArray("queue_after").data(), d));
    }

    private static void queueKernels(GoldenCase golden, Device device, Score score) {
        GoldenArray start = golden.input("queue0");
        int d = start.rows();
        double[] losses = golden.expectedArray("losses").data();
        int[] positions = golden.expectedArray("ptr_after_each_step").asInts();
        QueueInfoNce loss = new QueueInfoNce((float) golden.param("temperature"));
        try (KeyQueue queue = KeyQueue.of(rows(device, transposed(start.data(), d), d), 0)) {
            for (int step = 0; step < losses.length; step++) {
                Tensor query = golden.input("query" + step).tensor(device);
                Tensor key = golden.input("key" + step).tensor(device);
                Tensor gradient = query.copy().fill(Float.NaN);
                score.value(loss.valueAndGradient(query, key, queue.rows(), gradient), losses[step]);
                score.gradient(GoldenArray.widen(gradient), golden.gradient("query" + step));
                queue.enqueue(key);
                score.absolute(queue.position() - positions[step]);
            }
            score.values(
                    GoldenArray.widen(queue.rows()),
                    transposed(golden.expectedArray("queue_after").data(), d));
        }
    }

    private static void denseTruth(GoldenCase golden, Score score) {
        double t = golden.param("temperature");
        double lambda = golden.param("loss_lambda");
        GoldenArray backbone = golden.input("backbone_q");
        int n = backbone.shape()[0];
        int channels = backbone.shape()[1];
        int cells = backbone.shape()[2] * backbone.shape()[3];
        int[] match = DenseMatchReference.value(cells(backbone), cells(golden.input("backbone_k")), n, cells, channels);
        double[] withinImage = Arrays.stream(match).mapToDouble(j -> j % cells).toArray();
        score.values(withinImage, golden.expectedArray("match").data());
        GoldenArray query = golden.input("global_q");
        LossAndGradients global = KeyInfoNceReference.queue(
                query.data(),
                golden.input("global_k").data(),
                IntStream.range(0, n).toArray(),
                transposed(golden.input("queue").data(), query.columns()),
                query.columns(),
                t);
        GoldenArray dense = golden.input("dense_q");
        int e = dense.shape()[1];
        LossAndGradients local = KeyInfoNceReference.queue(
                cells(dense),
                cells(golden.input("dense_k")),
                match,
                transposed(golden.input("queue2").data(), e),
                e,
                t);
        score.value((1 - lambda) * global.loss(), golden.expected("loss_single_weighted"));
        score.value(lambda * local.loss(), golden.expected("loss_dense_weighted"));
        score.value((1 - lambda) * global.loss() + lambda * local.loss(), golden.expected("loss"));
        score.gradient(scaled(global.gradients()[0], 1 - lambda), golden.gradient("global_q"));
        score.gradient(scaled(maps(local.gradients()[0], n, cells), lambda), golden.gradient("dense_q"));
    }

    private static void denseKernels(GoldenCase golden, Device device, Score score) {
        GoldenArray query = golden.input("global_q");
        GoldenArray dense = golden.input("dense_q");
        int n = query.rows();
        int e = dense.shape()[1];
        int d = query.columns();
        int cells = dense.shape()[2];
        int channels = golden.input("backbone_q").shape()[1];
        Tensor globalKey = golden.input("global_k").tensor(device);
        Tensor denseKey = rows(device, cells(golden.input("dense_k")), e);
        try (Scope scope = Scope.open();
                KeyQueue queue = KeyQueue.of(
                        rows(device, transposed(golden.input("queue").data(), d), d), 0);
                KeyQueue queue2 = KeyQueue.of(
                        rows(device, transposed(golden.input("queue2").data(), e), e), 0)) {
            DenseCl.Maps maps = new DenseCl.Maps(
                    query.tensor(device),
                    globalKey,
                    rows(device, cells(dense), e),
                    denseKey,
                    rows(device, cells(golden.input("backbone_q")), channels),
                    rows(device, cells(golden.input("backbone_k")), channels),
                    queue.rows(),
                    queue2.rows());
            Tensor dGlobal = maps.globalQuery().copy().fill(Float.NaN);
            Tensor dDense = maps.denseQuery().copy().fill(Float.NaN);
            DenseCl loss = new DenseCl((float) golden.param("temperature"), (float) golden.param("loss_lambda"));
            DenseCl.Terms terms = loss.valueAndGradient(maps, dGlobal, dDense);
            score.value(terms.global(), golden.expected("loss_single_weighted"));
            score.value(terms.dense(), golden.expected("loss_dense_weighted"));
            score.value(terms.loss(), golden.expected("loss"));
            score.gradient(GoldenArray.widen(dGlobal), golden.gradient("global_q"));
            score.gradient(maps(GoldenArray.widen(dDense), n, cells), golden.gradient("dense_q"));
            queue.enqueue(globalKey);
            queue2.enqueue(DenseCl.means(denseKey, n));
            score.values(
                    GoldenArray.widen(queue.rows()),
                    transposed(golden.expectedArray("queue_after").data(), d));
            score.values(
                    GoldenArray.widen(queue2.rows()),
                    transposed(golden.expectedArray("queue2_after").data(), e));
        }
    }

    /** (d, length) to (length, d). */
    private static double[] transposed(double[] columns, int d) {
        int length = columns.length / d;
        double[] rows = new double[columns.length];
        for (int i = 0; i < columns.length; i++) {
            rows[i % length * d + i / length] = columns[i];
        }
        return rows;
    }

    /** (n, channels, cells) or (n, channels, h, w) to (n cells, channels). */
    private static double[] cells(GoldenArray maps) {
        int n = maps.shape()[0];
        int channels = maps.shape()[1];
        int size = maps.data().length / n;
        double[] rows = new double[maps.data().length];
        for (int image = 0; image < n; image++) {
            double[] one = Arrays.copyOfRange(maps.data(), image * size, (image + 1) * size);
            System.arraycopy(transposed(one, channels), 0, rows, image * size, size);
        }
        return rows;
    }

    /** (n cells, channels) to (n, channels, cells). */
    private static double[] maps(double[] rows, int n, int cells) {
        int size = rows.length / n;
        double[] maps = new double[rows.length];
        for (int image = 0; image < n; image++) {
            double[] one = Arrays.copyOfRange(rows, image * size, (image + 1) * size);
            System.arraycopy(transposed(one, cells), 0, maps, image * size, size);
        }
        return maps;
    }

    private static Tensor rows(Device device, double[] values, int d) {
        return new GoldenArray(new int[] {values.length / d, d}, values).tensor(device);
    }

    private static double[] scaled(double[] values, double factor) {
        return Arrays.stream(values).map(x -> x * factor).toArray();
    }
}
