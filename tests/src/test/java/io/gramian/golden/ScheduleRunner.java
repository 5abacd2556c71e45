package io.gramian.golden;

import io.gramian.Device;
import io.gramian.autograd.optim.CosineRise;
import io.gramian.autograd.optim.LightlyWarmupCosine;
import io.gramian.autograd.optim.Schedule;
import io.gramian.autograd.optim.WarmupCosine;
import java.util.List;

/** Learning rates and momenta over the steps of a run: float64 formulas, without kernels. */
final class ScheduleRunner implements MethodRunner {
    /** Weights and biases of the Barlow Twins authors, per 256 images. */
    private static final double WEIGHT_RATE = 0.2;

    private static final double BIAS_RATE = 0.0048;

    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("schedule")
                && List.of("barlow_lr", "mocov3_lr_and_momentum", "lightly_cosine_warmup")
                        .contains(golden.name());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray expected = golden.expectedArray("values");
        List<Schedule> schedules = schedules(golden);
        double[] actual = new double[expected.data().length];
        for (int i = 0; i < actual.length; i++) {
            actual[i] = schedules.get(i % schedules.size()).at(i / schedules.size());
            score.value(actual[i], expected.data()[i]);
        }
        score.values(actual, expected.data());
    }

    @Override
    public String withoutKernels() {
        return "float64 formulas in Java";
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        throw new IllegalStateException("schedules have no kernels");
    }

    private static List<Schedule> schedules(GoldenCase golden) {
        if (golden.name().equals("lightly_cosine_warmup")) {
            return List.of(new LightlyWarmupCosine(
                    golden.param("start"),
                    (long) golden.param("warmup"),
                    (long) golden.param("max_steps"),
                    golden.param("end")));
        }
        long perEpoch = (long) golden.param("iters");
        long total = perEpoch * (long) golden.param("epochs");
        long warmup = perEpoch * (long) golden.param("warmup_epochs");
        if (golden.name().equals("barlow_lr")) {
            double base = golden.param("batch") / 256;
            double end = golden.param("end_factor");
            return List.of(
                    new WarmupCosine(base * WEIGHT_RATE, warmup, total, base * WEIGHT_RATE * end),
                    new WarmupCosine(base * BIAS_RATE, warmup, total, base * BIAS_RATE * end));
        }
        return List.of(
                new WarmupCosine(golden.param("lr"), warmup, total, 0),
                new CosineRise(golden.param("moco_m"), 1, total));
    }
}
