package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Optimiser updates and moving averages of many tensors in one call. Every method changes the parameters and the states in place, needs one
 * pass over their memory (LARS and LAMB two), and gives the same bits whatever the thread count. NaN in a gradient
 * goes to its parameter.
 */
public final class Optimizers {
    private final Stream stream;
    private final NativeArrays arrays;
    private final Gradients gradients;

    Optimizers(Stream stream) {
        this.stream = stream;
        this.arrays = stream.newArrays();
        this.gradients = new Gradients(stream);
    }

    /** The common norm of many gradients, between the backward pass and an update. */
    public Gradients gradients() {
        return gradients;
    }

    /**
     * What is updated, with settings per tensor.
     *
     * @param values parameters, float32 of any shape, changed in place
     * @param gradients their gradients, same shapes, not changed
     * @param rates learning rate of each tensor, at least 0
     * @param decays weight decay of each tensor, at least 0
     */
    public record Parameters(List<Tensor> values, List<Tensor> gradients, double[] rates, double[] decays) {
        /** One learning rate and one weight decay for every tensor. */
        public static Parameters of(List<Tensor> values, List<Tensor> gradients, double rate, double decay) {
            double[] rates = new double[values.size()];
            double[] decays = new double[values.size()];
            Arrays.fill(rates, rate);
            Arrays.fill(decays, decay);
            return new Parameters(values, gradients, rates, decays);
        }
    }

    /** Which gradient norm the trust ratio of LARS divides by. */
    public enum LarsForm {
        /**
         * The authors' Barlow Twins, VICReg and MoCo v3: {@code g += decay p; q = eta |p| / |g|}, 1 if a norm is 0.
         */
        DECAYED_NORM,
        /**
         * Bolts, solo-learn, lightly: {@code q = eta |p| / (|g| + decay |p| + eps); g = q (g + decay p)}; if a norm is
         * 0 the gradient is taken as it is, without weight decay.
         */
        RAW_NORM,
        /**
         * google-research/simclr, You et al. with "classic momentum": the trust ratio of {@link #DECAYED_NORM}, the learning
         * rate inside the momentum: {@code m = momentum m + rate q (g + decay p); p -= m}. It differs where the rate changes.
         */
        CLASSIC;

        private int code() {
            return switch (this) {
                case DECAYED_NORM -> Kernels.GRAMIAN_LARS_DECAYED_NORM;
                case RAW_NORM -> Kernels.GRAMIAN_LARS_RAW_NORM;
                case CLASSIC -> Kernels.GRAMIAN_LARS_CLASSIC;
            };
        }
    }

    /**
     * SGD with momentum and coupled weight decay: {@code g += decay p; m = momentum m + g; p -= rate m}, with
     * {@code nesterov} {@code p -= rate (g + momentum m)}.
     *
     * @param momenta momentum buffers, zeros before the first step
     * @param momentum in [0, 1)
     */
    public synchronized void sgd(Parameters parameters, List<Tensor> momenta, double momentum, boolean nesterov) {
        Check.fraction("momentum", momentum);
        run(
                parameters,
                null,
                List.of(new State("momenta", momenta)),
                (kernels, context, at) -> kernels.gramian_sgd_step(
                        context,
                        at.tensors,
                        at.sizes,
                        at.values,
                        at.gradients,
                        at.states[0],
                        at.rates,
                        at.decays,
                        momentum,
                        nesterov ? 1 : 0));
    }

    /**
     * Adam with bias correction: {@code m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2;
     * p -= rate m / (1-b1^step) / (sqrt(v / (1-b2^step)) + eps)}. Weight decay is added to the gradient (L2), or, when
     * {@code decoupled} (AdamW), {@code p} is first multiplied by {@code 1 - rate decay}.
     *
     * @param means first moments, zeros before the first step
     * @param squares second moments, zeros before the first step
     * @param step number of this step, from 1
     */
    public synchronized void adam(
            Parameters parameters,
            List<Tensor> means,
            List<Tensor> squares,
            double beta1,
            double beta2,
            double eps,
            long step,
            boolean decoupled) {
        checkMoments(beta1, beta2, eps, step);
        run(
                parameters,
                null,
                List.of(new State("means", means), new State("squares", squares)),
                (kernels, context, at) -> kernels.gramian_adam_step(
                        context,
                        at.tensors,
                        at.sizes,
                        at.values,
                        at.gradients,
                        at.states[0],
                        at.states[1],
                        at.rates,
                        at.decays,
                        beta1,
                        beta2,
                        eps,
                        step,
                        decoupled ? 1 : 0));
    }

    /**
     * LARS: SGD with momentum whose gradient is scaled by a trust ratio {@code q} per tensor, see {@link LarsForm}:
     * {@code m = momentum m + q g; p -= rate m}. lightly's "no LARS without weight decay" is {@code adapted} = false.
     *
     * @param momenta momentum buffers, zeros before the first step
     * @param adapted per tensor: whether it has a trust ratio; false (biases, norms) gives {@code q = 1}. Weight decay
     *     is the tensor's own in either case
     * @param eta trust coefficient, above 0
     * @param eps of {@link LarsForm#RAW_NORM}, at least 0
     * @param clip LARC: {@code q = min(q / rate, 1)}; only with {@link LarsForm#RAW_NORM}
     */
    public synchronized void lars(
            Parameters parameters,
            List<Tensor> momenta,
            boolean[] adapted,
            double momentum,
            double eta,
            double eps,
            LarsForm form,
            boolean clip) {
        Check.fraction("momentum", momentum);
        Check.positive("eta", eta);
        Check.nonNegative("eps", eps);
        if (clip && form != LarsForm.RAW_NORM) {
            throw new IllegalArgumentException("clip: expected LarsForm.RAW_NORM, got " + form);
        }
        run(
                parameters,
                adapted,
                List.of(new State("momenta", momenta)),
                (kernels, context, at) -> kernels.gramian_lars_step(
                        context,
                        at.tensors,
                        at.sizes,
                        at.values,
                        at.gradients,
                        at.states[0],
                        at.rates,
                        at.decays,
                        at.adapted,
                        momentum,
                        eta,
                        eps,
                        form.code(),
                        clip ? 1 : 0));
    }

    /**
     * LAMB (arXiv 1904.00962, Algorithm 2, bias-corrected): {@code u = m^ / (sqrt(v^) + eps) + decay p;
     * p -= rate |p| / |u| u}, ratio 1 where a norm is 0 or {@code adapted} is false.
     *
     * @param means first moments, zeros before the first step
     * @param squares second moments, zeros before the first step
     * @param step number of this step, from 1
     */
    public synchronized void lamb(
            Parameters parameters,
            List<Tensor> means,
            List<Tensor> squares,
            boolean[] adapted,
            double beta1,
            double beta2,
            double eps,
            long step) {
        checkMoments(beta1, beta2, eps, step);
        run(
                parameters,
                adapted,
                List.of(new State("means", means), new State("squares", squares)),
                (kernels, context, at) -> kernels.gramian_lamb_step(
                        context,
                        at.tensors,
                        at.sizes,
                        at.values,
                        at.gradients,
                        at.states[0],
                        at.states[1],
                        at.rates,
                        at.decays,
                        at.adapted,
                        beta1,
                        beta2,
                        eps,
                        step));
    }

    /**
     * Index of the first of these tensors with a NaN or an infinity, -1 if all their elements are finite numbers. One read of
     * their memory: cheap enough for the gradients of every training step.
     *
     * @param tensors float32 of any shape
     */
    public synchronized int firstNotFinite(List<Tensor> tensors) {
        for (int i = 0; i < tensors.size(); i++) {
            Check.dtype("tensors[" + i + "]", tensors.get(i), DType.FLOAT32);
        }
        if (tensors.isEmpty()) {
            return -1;
        }
        arrays.clear();
        int sizes = arrays.sizes(tensors);
        int addresses = arrays.addresses(tensors);
        arrays.publish();
        // an int64 in a float64's place, so that a deferred computation reads it later
        try (Tensor first = Tensor.empty(tensors.get(0).device(), DType.FLOAT64, 1)) {
            long at = first.address();
            stream.run((kernels, context) -> kernels.gramian_first_not_finite(
                    context, tensors.size(), arrays.at(sizes), arrays.at(addresses), at));
            ByteBuffer answer = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
            first.getBytes(0, answer);
            return (int) answer.getLong(0);
        }
    }

    /**
     * A network that follows another, the momentum encoder of MoCo and BYOL: {@code target = momentum target +
     * (1 - momentum) online}. Equal values stay equal, momentum 0 copies bit by bit, momentum 1 changes nothing. NaN in
     * {@code online} goes to its target, unless momentum is 1. One pass over memory.
     *
     * @param targets averages, float32 of any shape, changed in place
     * @param online what they follow, same shapes, not changed
     * @param momentum in [0, 1]; NaN is refused
     * @throws IllegalArgumentException if counts, types or shapes differ, tensors overlap, or momentum is out of range
     */
    public synchronized void movingAverage(List<Tensor> targets, List<Tensor> online, double momentum) {
        if (!(momentum >= 0 && momentum <= 1)) {
            throw new IllegalArgumentException("momentum: expected a number in [0, 1], got " + momentum);
        }
        List<Tensor> all = new ArrayList<>(targets);
        for (int i = 0; i < targets.size(); i++) {
            Check.dtype("targets[" + i + "]", targets.get(i), DType.FLOAT32);
        }
        checkLike("targets", targets, "online", online, all);
        checkSeparate(all);
        arrays.clear();
        int sizes = arrays.sizes(targets);
        int to = arrays.addresses(targets);
        int from = arrays.addresses(online);
        arrays.publish();
        stream.run((kernels, context) -> kernels.gramian_moving_average(
                context, targets.size(), arrays.at(sizes), arrays.at(to), arrays.at(from), momentum));
        targets.forEach(Tensor::touch);
    }

    /** What an update keeps from step to step: one tensor per parameter. */
    private record State(String name, List<Tensor> tensors) {}

    /** Native addresses of the arrays that every update takes; those of the states in their order. */
    private record Addresses(
            int tensors,
            long sizes,
            long values,
            long gradients,
            long[] states,
            long rates,
            long decays,
            long adapted) {}

    @FunctionalInterface
    private interface Update {
        int run(Kernels kernels, long context, Addresses at);
    }

    /** Checks what all updates have in common, calls one, and marks what it changed. */
    private void run(Parameters parameters, boolean @Nullable [] adapted, List<State> states, Update update) {
        check(parameters, adapted, states);
        stream.run((kernels, context) -> update.run(kernels, context, stage(parameters, adapted, states)));
        parameters.values().forEach(Tensor::touch);
        states.forEach(state -> state.tensors().forEach(Tensor::touch));
    }

    private Addresses stage(Parameters parameters, boolean @Nullable [] adapted, List<State> states) {
        arrays.clear();
        int sizes = arrays.sizes(parameters.values());
        int values = arrays.addresses(parameters.values());
        int gradients = arrays.addresses(parameters.gradients());
        int rates = arrays.doubles(parameters.rates());
        int decays = arrays.doubles(parameters.decays());
        int flags = adapted == null ? 0 : arrays.flags(adapted);
        int[] first = states.stream()
                .mapToInt(state -> arrays.addresses(state.tensors()))
                .toArray();
        arrays.publish(); // before the first address is asked for
        return new Addresses(
                parameters.values().size(),
                arrays.at(sizes),
                arrays.at(values),
                arrays.at(gradients),
                Arrays.stream(first).mapToLong(arrays::at).toArray(),
                arrays.at(rates),
                arrays.at(decays),
                arrays.at(flags));
    }

    private static void checkMoments(double beta1, double beta2, double eps, long step) {
        Check.fraction("beta1", beta1);
        Check.fraction("beta2", beta2);
        Check.nonNegative("eps", eps);
        Check.atLeast("step", step, 1);
    }

    private static void check(Parameters parameters, boolean @Nullable [] adapted, List<State> states) {
        List<Tensor> values = parameters.values();
        Check.count("rates", parameters.rates().length, values.size());
        Check.count("decays", parameters.decays().length, values.size());
        if (adapted != null) {
            Check.count("adapted", adapted.length, values.size());
        }
        List<Tensor> all = new ArrayList<>(values);
        for (int i = 0; i < values.size(); i++) {
            Check.dtype("parameters[" + i + "]", values.get(i), DType.FLOAT32);
            Check.nonNegative("rates[" + i + "]", parameters.rates()[i]);
            Check.nonNegative("decays[" + i + "]", parameters.decays()[i]);
        }
        checkLike("parameters", values, "gradients", parameters.gradients(), all);
        states.forEach(state -> checkLike("parameters", values, state.name(), state.tensors(), all));
        checkSeparate(all);
    }

    private static void checkLike(
            String likeName, List<Tensor> like, String name, List<Tensor> tensors, List<Tensor> all) {
        Check.count(name, tensors.size(), like.size());
        for (int i = 0; i < tensors.size(); i++) {
            String which = name + "[" + i + "]";
            Check.dtype(which, tensors.get(i), DType.FLOAT32);
            Check.sameShape(which, tensors.get(i), likeName + "[" + i + "]", like.get(i));
            all.add(tensors.get(i));
        }
    }

    /** Two threads may write two entries of the lists at once, so no two may share memory. */
    static void checkSeparate(List<Tensor> all) {
        all.removeIf(tensor -> tensor.elements() == 0);
        all.sort(Comparator.comparingLong(Tensor::address));
        for (int i = 1; i < all.size(); i++) {
            Check.disjoint("a tensor " + all.get(i).shape(), all.get(i), "another", all.get(i - 1));
        }
    }
}
