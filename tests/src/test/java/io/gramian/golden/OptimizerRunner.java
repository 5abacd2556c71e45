package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Optimizers;
import io.gramian.backend.Optimizers.LarsForm;
import io.gramian.backend.Optimizers.Parameters;
import io.gramian.reference.OptimizerReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Three steps of an optimiser on a matrix and a vector. */
final class OptimizerRunner implements MethodRunner {
    private enum Kind {
        SGD_MOMENTUM,
        ADAM_L2,
        ADAMW,
        LAMB,
        LARS_BARLOWTWINS,
        LARS_VICREG_WD,
        LARS_MOCOV3,
        LARS_SOLO_CLIP,
        LARS_LIGHTLY;

        static @Nullable Kind of(String name) {
            for (Kind kind : values()) {
                if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
                    return kind;
                }
            }
            return null;
        }

        boolean usesRawNorm() {
            return this == LARS_SOLO_CLIP || this == LARS_LIGHTLY;
        }

        /** Vectors have neither weight decay nor a trust ratio, except in lightly, whose groups the caller makes. */
        boolean excludesVectors() {
            return name().startsWith("LARS") && this != LARS_LIGHTLY;
        }
    }

    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("optimizer") && Kind.of(golden.name()) != null;
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        List<GoldenArray> parameters = golden.numbered("param", 0);
        double[][] first = zeros(parameters);
        double[][] second = zeros(parameters);
        for (int step = 1; golden.hasInput("grad0_step" + (step - 1)); step++) {
            for (int t = 0; t < parameters.size(); t++) {
                double[] gradient =
                        golden.input("grad" + t + "_step" + (step - 1)).data();
                boolean excluded =
                        kind(golden).excludesVectors() && parameters.get(t).shape().length == 1;
                truthStep(golden, parameters.get(t).data(), gradient, first[t], second[t], excluded, step);
                score.values(
                        parameters.get(t).data(),
                        golden.expectedArray("param" + t + "_after" + step).data());
            }
        }
    }

    private static void truthStep(
            GoldenCase golden, double[] p, double[] g, double[] m, double[] v, boolean excluded, int step) {
        double rate = golden.param("lr");
        double decay = excluded ? 0 : golden.param("wd");
        double momentum = golden.param("momentum", 0.9);
        double eps = golden.param("eps", 1e-8);
        Kind kind = kind(golden);
        switch (kind) {
            case SGD_MOMENTUM -> OptimizerReference.sgd(p, g, m, rate, decay, momentum, false);
            case ADAM_L2 -> OptimizerReference.adam(p, g, m, v, rate, decay, 0.9, 0.999, eps, step);
            case ADAMW -> OptimizerReference.adamW(p, g, m, v, rate, decay, 0.9, 0.999, eps, step);
            case LAMB -> OptimizerReference.lamb(p, g, m, v, rate, decay, 0.9, 0.999, eps, step);
            default -> {
                double eta = golden.param("eta");
                if (excluded) {
                    OptimizerReference.sgd(p, g, m, rate, 0, momentum, false);
                } else if (kind.usesRawNorm()) {
                    boolean clip = golden.flag("clip_lr");
                    OptimizerReference.larsRawNorm(p, g, m, rate, decay, momentum, eta, eps, clip);
                } else {
                    OptimizerReference.larsDecayedNorm(p, g, m, rate, decay, momentum, eta);
                }
            }
        }
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        List<GoldenArray> start = golden.numbered("param", 0);
        List<Tensor> values = GoldenCase.tensors(device, start);
        List<Tensor> first = values.stream().map(value -> value.copy().fill(0)).toList();
        List<Tensor> second = values.stream().map(value -> value.copy().fill(0)).toList();
        boolean[] adapted = new boolean[start.size()];
        for (int t = 0; t < adapted.length; t++) {
            adapted[t] = !kind(golden).excludesVectors() || start.get(t).shape().length > 1;
        }
        for (int step = 1; golden.hasInput("grad0_step" + (step - 1)); step++) {
            List<Tensor> gradients = new ArrayList<>();
            for (int t = 0; t < adapted.length; t++) {
                gradients.add(golden.input("grad" + t + "_step" + (step - 1)).tensor(device));
            }
            Parameters parameters = Parameters.of(values, gradients, golden.param("lr"), golden.param("wd"));
            for (int t = 0; t < adapted.length; t++) {
                parameters.decays()[t] = adapted[t] ? golden.param("wd") : 0;
            }
            kernelStep(golden, device.backend().optimizers(), parameters, first, second, adapted, step);
            for (int t = 0; t < adapted.length; t++) {
                score.values(
                        GoldenArray.widen(values.get(t)),
                        golden.expectedArray("param" + t + "_after" + step).data());
            }
        }
    }

    private static void kernelStep(
            GoldenCase golden,
            Optimizers room,
            Parameters parameters,
            List<Tensor> first,
            List<Tensor> second,
            boolean[] adapted,
            int step) {
        double momentum = golden.param("momentum", 0.9);
        double eps = golden.param("eps", 1e-8);
        switch (kind(golden)) {
            case SGD_MOMENTUM -> room.sgd(parameters, first, momentum, false);
            case ADAM_L2 -> room.adam(parameters, first, second, 0.9, 0.999, eps, step, false);
            case ADAMW -> room.adam(parameters, first, second, 0.9, 0.999, eps, step, true);
            case LAMB -> room.lamb(parameters, first, second, adapted, 0.9, 0.999, eps, step);
            default -> {
                LarsForm form = kind(golden).usesRawNorm() ? LarsForm.RAW_NORM : LarsForm.DECAYED_NORM;
                double eta = golden.param("eta");
                room.lars(parameters, first, adapted, momentum, eta, eps, form, golden.flag("clip_lr"));
            }
        }
    }

    private static Kind kind(GoldenCase golden) {
        Kind kind = Kind.of(golden.name());
        if (kind == null) {
            throw new IllegalArgumentException("unknown optimiser " + golden.name());
        }
        return kind;
    }

    private static double[][] zeros(List<GoldenArray> like) {
        return like.stream().map(array -> new double[array.data().length]).toArray(double[][]::new);
    }
}
