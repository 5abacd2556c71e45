package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Optimiser updates of many tensors in one call. Every method changes the parameters and the states in place, needs one
 * pass over their memory (LARS and LAMB two), and gives the same bits whatever the thread count. NaN in a gradient
 * goes to its parameter.
 */
public final class Optimizers {
    private final Stream stream;
    private final NativeArrays arrays = new NativeArrays();

    Optimizers(Stream stream) {
        this.stream = stream;
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
        RAW_NORM
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
        check(parameters, List.of(momenta), List.of("momenta"));
        Common common = stage(parameters);
        int m = arrays.addresses(momenta);
        arrays.publish();
        stream.run((kernels, context) -> kernels.gramian_sgd_step(
                context,
                parameters.values().size(),
                arrays.at(common.sizes),
                arrays.at(common.values),
                arrays.at(common.gradients),
                arrays.at(m),
                arrays.at(common.rates),
                arrays.at(common.decays),
                momentum,
                nesterov ? 1 : 0));
        changed(parameters.values(), momenta);
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
        checkMoments(parameters, means, squares, beta1, beta2, eps, step);
        Common common = stage(parameters);
        int m = arrays.addresses(means);
        int v = arrays.addresses(squares);
        arrays.publish();
        stream.run((kernels, context) -> kernels.gramian_adam_step(
                context,
                parameters.values().size(),
                arrays.at(common.sizes),
                arrays.at(common.values),
                arrays.at(common.gradients),
                arrays.at(m),
                arrays.at(v),
                arrays.at(common.rates),
                arrays.at(common.decays),
                beta1,
                beta2,
                eps,
                step,
                decoupled ? 1 : 0));
        changed(parameters.values(), means, squares);
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
        check(parameters, List.of(momenta), List.of("momenta"));
        Check.count("adapted", adapted.length, parameters.values().size());
        Common common = stage(parameters);
        int m = arrays.addresses(momenta);
        int flags = arrays.flags(adapted);
        arrays.publish();
        stream.run((kernels, context) -> kernels.gramian_lars_step(
                context,
                parameters.values().size(),
                arrays.at(common.sizes),
                arrays.at(common.values),
                arrays.at(common.gradients),
                arrays.at(m),
                arrays.at(common.rates),
                arrays.at(common.decays),
                arrays.at(flags),
                momentum,
                eta,
                eps,
                form == LarsForm.RAW_NORM ? Kernels.GRAMIAN_LARS_RAW_NORM : Kernels.GRAMIAN_LARS_DECAYED_NORM,
                clip ? 1 : 0));
        changed(parameters.values(), momenta);
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
        checkMoments(parameters, means, squares, beta1, beta2, eps, step);
        Check.count("adapted", adapted.length, parameters.values().size());
        Common common = stage(parameters);
        int m = arrays.addresses(means);
        int v = arrays.addresses(squares);
        int flags = arrays.flags(adapted);
        arrays.publish();
        stream.run((kernels, context) -> kernels.gramian_lamb_step(
                context,
                parameters.values().size(),
                arrays.at(common.sizes),
                arrays.at(common.values),
                arrays.at(common.gradients),
                arrays.at(m),
                arrays.at(v),
                arrays.at(common.rates),
                arrays.at(common.decays),
                arrays.at(flags),
                beta1,
                beta2,
                eps,
                step));
        changed(parameters.values(), means, squares);
    }

    private record Common(int sizes, int values, int gradients, int rates, int decays) {}

    private Common stage(Parameters parameters) {
        arrays.clear();
        return new Common(
                arrays.sizes(parameters.values()),
                arrays.addresses(parameters.values()),
                arrays.addresses(parameters.gradients()),
                arrays.doubles(parameters.rates()),
                arrays.doubles(parameters.decays()));
    }

    @SafeVarargs
    private static void changed(List<Tensor>... lists) {
        for (List<Tensor> list : lists) {
            list.forEach(Tensor::touch);
        }
    }

    private static void checkMoments(
            Parameters parameters,
            List<Tensor> means,
            List<Tensor> squares,
            double beta1,
            double beta2,
            double eps,
            long step) {
        Check.fraction("beta1", beta1);
        Check.fraction("beta2", beta2);
        Check.nonNegative("eps", eps);
        Check.atLeast("step", step, 1);
        check(parameters, List.of(means, squares), List.of("means", "squares"));
    }

    private static void check(Parameters parameters, List<List<Tensor>> states, List<String> names) {
        List<Tensor> values = parameters.values();
        Check.count("rates", parameters.rates().length, values.size());
        Check.count("decays", parameters.decays().length, values.size());
        List<Tensor> all = new ArrayList<>(values);
        for (int i = 0; i < values.size(); i++) {
            Check.dtype("parameters[" + i + "]", values.get(i), DType.FLOAT32);
            Check.nonNegative("rates[" + i + "]", parameters.rates()[i]);
            Check.nonNegative("decays[" + i + "]", parameters.decays()[i]);
        }
        checkLike(values, "gradients", parameters.gradients(), all);
        for (int s = 0; s < states.size(); s++) {
            checkLike(values, names.get(s), states.get(s), all);
        }
        checkSeparate(all);
    }

    private static void checkLike(List<Tensor> values, String name, List<Tensor> tensors, List<Tensor> all) {
        Check.count(name, tensors.size(), values.size());
        for (int i = 0; i < tensors.size(); i++) {
            String which = name + "[" + i + "]";
            Check.dtype(which, tensors.get(i), DType.FLOAT32);
            Check.sameShape(which, tensors.get(i), "parameters[" + i + "]", values.get(i));
            all.add(tensors.get(i));
        }
    }

    /** Two threads may write two entries of the lists at once, so no two may share memory. */
    private static void checkSeparate(List<Tensor> all) {
        all.removeIf(tensor -> tensor.elements() == 0);
        all.sort(Comparator.comparingLong(Tensor::address));
        for (int i = 1; i < all.size(); i++) {
            Check.disjoint("a tensor " + all.get(i).shape(), all.get(i), "another", all.get(i - 1));
        }
    }
}
