package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.optim.Adam;
import io.gramian.autograd.optim.AdamW;
import io.gramian.autograd.optim.Lars;
import io.gramian.autograd.optim.Optimizer;
import io.gramian.autograd.optim.Schedule;
import io.gramian.autograd.optim.Sgd;
import io.gramian.autograd.optim.WarmupCosine;
import io.gramian.backend.Optimizers.LarsForm;
import io.gramian.models.config.ConfigException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything that changes during training: network and optimiser. All else (batches, augmentations, random slices, learning
 * rates) is a function of the configuration and the number of the step.
 */
final class TrainState implements AutoCloseable {
    private final SslNetwork network;
    private final Optimizer optimizer;
    private final Schedule schedule;

    private TrainState(SslNetwork network, Optimizer optimizer, Schedule schedule) {
        this.network = network;
        this.optimizer = optimizer;
        this.schedule = schedule;
    }

    /** The state before the first step. */
    static TrainState initial(Device device, TrainConfig config, int channels, long stepsPerEpoch) {
        Schedule schedule = schedule(config, stepsPerEpoch);
        SslNetwork network = SslNetwork.of(device, config, channels);
        return new TrainState(network, optimizer(config, network.parameters()), schedule);
    }

    private static Optimizer optimizer(TrainConfig config, Map<String, Variable> parameters) {
        TrainConfig.OptimizerChoice o = config.optimizer();
        Adam.Settings adam = new Adam.Settings(o.beta1(), o.beta2(), o.eps(), o.weightDecay());
        return switch (o.name()) {
            case "sgd" -> new Sgd(parameters, new Sgd.Settings(o.momentum(), o.weightDecay(), false));
            case "adam" -> new Adam(parameters, adam);
            case "adamw" -> new AdamW(parameters, adam);
            case "lars" -> new Lars(parameters, lars(o));
            default -> throw new ConfigException("optimizer.name must be sgd, adam, adamw or lars, got " + o.name());
        };
    }

    private static Lars.Settings lars(TrainConfig.OptimizerChoice o) {
        LarsForm form = o.clip() ? LarsForm.RAW_NORM : LarsForm.DECAYED_NORM;
        double eps = o.clip() ? 1e-8 : 0;
        return new Lars.Settings(o.momentum(), o.weightDecay(), o.trust(), eps, form, o.clip(), true, o.biasFactor());
    }

    private static Schedule schedule(TrainConfig config, long stepsPerEpoch) {
        TrainConfig.ScheduleChoice s = config.schedule();
        double peak = config.optimizer().learningRate();
        long total = stepsPerEpoch * config.epochs();
        long asked = s.warmupSteps() > 0 ? s.warmupSteps() : Math.round(s.warmupEpochs() * stepsPerEpoch);
        // a run shorter than its recipe's warm-up warms up for a tenth of its steps
        long warmup = asked < total ? asked : total / 10;
        if (s.name().equals("cosine")) {
            return new WarmupCosine(peak, warmup, total, peak * s.finalFactor());
        }
        return step -> {
            double rate = step < warmup ? peak * (step + 1) / warmup : peak;
            for (int drop : s.name().equals("drops") ? s.drops() : java.util.List.<Integer>of()) {
                rate *= step >= total - drop * stepsPerEpoch && drop < config.epochs() ? s.dropFactor() : 1;
            }
            return rate;
        };
    }

    SslNetwork network() {
        return network;
    }

    Optimizer optimizer() {
        return optimizer;
    }

    /** Learning rate of a step, from 0. */
    double learningRate(long step) {
        return schedule.at(step);
    }

    /** The live tensors that a checkpoint holds, by name. */
    Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>(network.weights());
        optimizer.state().forEach((name, tensor) -> tensors.put("optimizer." + name, tensor));
        return tensors;
    }

    @Override
    public void close() {
        optimizer.close();
        network.close();
    }
}
