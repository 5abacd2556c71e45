package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.optim.GradientClip;
import io.gramian.autograd.optim.Optimizer;
import io.gramian.autograd.optim.Schedule;
import io.gramian.autograd.optim.WarmupCosine;
import io.gramian.backend.Deferred;
import io.gramian.backend.Fetched;
import io.gramian.models.ssl.Learner;
import io.gramian.models.ssl.Setup;
import io.gramian.models.ssl.SslNetwork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that changes during training: what a system carries and the optimiser. All else (batches, augmentations, random
 * slices, learning rates) is a function of the configuration and the number of the step.
 */
final class TrainState implements AutoCloseable {
    private final Learner learner;
    private final Schedule schedule;
    private final List<Group> groups;
    private final @Nullable GradientClip clip;

    /** Parameters whose learning rates follow one schedule. */
    private record Group(Optimizer optimizer, Schedule schedule) {}

    private TrainState(Learner learner, TrainConfig config, Schedule schedule) {
        this.learner = learner;
        this.schedule = schedule;
        this.groups = groups(config, learner, schedule);
        this.clip = config.clip() > 0 ? new GradientClip(config.clip()) : null;
    }

    /** The state before the first step. */
    static TrainState initial(Device device, TrainConfig config, int channels, int size, long stepsPerEpoch) {
        return initial(device, config, stepsPerEpoch, () -> SslNetwork.of(device, config.settings(), channels, size));
    }

    /** The same with networks of one's own, the same each time. */
    static TrainState initial(Device device, TrainConfig config, long stepsPerEpoch, Supplier<SslNetwork> networks) {
        Schedule schedule = schedule(config, stepsPerEpoch);
        Setup setup = new Setup(device, config.settings(), stepsPerEpoch * config.epochs(), networks);
        Learner learner = config.system().learner(setup);
        try {
            OptimizerSettings.checkNames(
                    config.optimizer(), learner.parameters().keySet());
            return new TrainState(learner, config, schedule);
        } catch (RuntimeException failure) {
            learner.close();
            throw failure;
        }
    }

    /** Parameters whose rate follows the schedule, and those whose rate does not. */
    private static List<Group> groups(TrainConfig config, Learner learner, Schedule schedule) {
        Map<String, Variable> following = new LinkedHashMap<>();
        Map<String, Variable> fixed = new LinkedHashMap<>();
        learner.parameters().forEach((name, parameter) -> {
            (learner.fixedRate(name) ? fixed : following).put(name, parameter);
        });
        List<Group> groups = new ArrayList<>();
        groups.add(new Group(OptimizerSettings.make(config.optimizer(), following), schedule));
        if (!fixed.isEmpty()) {
            Schedule peak = Schedule.constant(config.optimizer().learningRate());
            groups.add(new Group(OptimizerSettings.make(config.optimizer(), fixed), peak));
        }
        return groups;
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
            for (int drop : s.name().equals("drops") ? s.drops() : List.<Integer>of()) {
                rate *= step >= total - drop * stepsPerEpoch && drop < config.epochs() ? s.dropFactor() : 1;
            }
            return rate;
        };
    }

    Learner learner() {
        return learner;
    }

    SslNetwork network() {
        return learner.network();
    }

    /** Learning rate of a step, from 0. */
    double learningRate(long step) {
        return schedule.at(step);
    }

    /** The parameter whose gradient the backward pass spoiled first, if there is one. */
    Optional<String> firstBadGradient() {
        // a head is behind the network, so the last group comes first in the backward pass
        for (int g = groups.size() - 1; g >= 0; g--) {
            Optional<String> bad = groups.get(g).optimizer().firstBadGradient();
            if (bad.isPresent()) {
                return bad;
            }
        }
        return Optional.empty();
    }

    /** The same for whoever does not wait for the device: one answer a group, in that order. */
    List<Fetched<Optional<String>>> fetchBadGradients() {
        List<Fetched<Optional<String>>> bad = new ArrayList<>();
        for (int g = groups.size() - 1; g >= 0; g--) {
            bad.add(groups.get(g).optimizer().badGradient().fetch());
        }
        return bad;
    }

    /** Limits the norm of all gradients together, if that is asked for; what it was before. */
    Optional<Deferred<Double>> clip() {
        return Optional.ofNullable(clip)
                .map(limit -> limit.apply(learner.parameters().values()));
    }

    /** Changes the parameters by their gradients, and frees these. */
    void optimise(long step) {
        for (Group group : groups) {
            group.optimizer().step(group.schedule().at(step));
            group.optimizer().zeroGrad();
        }
    }

    /** Says how many steps were taken, to resume. */
    void taken(long steps) {
        groups.forEach(group -> group.optimizer().steps(steps));
    }

    /** The live tensors that a checkpoint holds, by name. */
    Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>(learner.tensors());
        groups.forEach(
                group -> group.optimizer().state().forEach((name, tensor) -> tensors.put("optimizer." + name, tensor)));
        return tensors;
    }

    @Override
    public void close() {
        groups.forEach(group -> group.optimizer().close());
        learner.close();
    }
}
