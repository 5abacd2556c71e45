package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.backend.BatchNormalization;
import io.gramian.backend.BatchNormalization.Epilogue;
import io.gramian.backend.BatchNormalization.Running;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = relu(gamma (x - mean) rstd + beta + residual)} in one operation, over all axes but the last. The input
 * is saved;
 * the output too, when there are both a residual and a ReLU.
 */
public final class BatchNormalize extends Function {
    private final Saved x;
    private final @Nullable Saved y;
    private final @Nullable Saved gamma;
    private final @Nullable Saved beta;
    private final Saved mean;
    private final Saved rstd;
    private final boolean batchStatistics;
    private final boolean residual;
    private final boolean relu;

    /**
     * What the layer does.
     *
     * @param eps added to the variance
     * @param batchStatistics whether to normalise by the batch or by the running statistics
     * @param moves whether running statistics move towards those of the batch
     * @param running running statistics
     * @param relu whether to end with a ReLU
     */
    public record Settings(float eps, boolean batchStatistics, boolean moves, Running running, boolean relu) {
        /** Settings of a layer whose running statistics move. */
        public Settings(float eps, boolean batchStatistics, Running running, boolean relu) {
            this(eps, batchStatistics, true, running, relu);
        }
    }

    private record Statistics(Tensor mean, Tensor rstd) {}

    private BatchNormalize(
            Settings settings,
            Statistics statistics,
            Tensor y,
            Variable[] inputs,
            @Nullable Variable gamma,
            @Nullable Variable beta,
            boolean residual) {
        super("BatchNormalize", inputs);
        this.x = save("x", inputs[0].value());
        this.gamma = gamma == null ? null : save("gamma", gamma.value());
        this.beta = beta == null ? null : save("beta", beta.value());
        this.y = residual && settings.relu() ? save("y", y) : null;
        this.mean = save("mean", statistics.mean());
        this.rstd = save("rstd", statistics.rstd());
        this.batchStatistics = settings.batchStatistics();
        this.residual = residual;
        this.relu = settings.relu();
    }

    /**
     * Normalises x (..., c); gamma and beta (c) are both given or both null; residual has the shape of x, or is null.
     */
    public static Variable apply(
            Variable x,
            @Nullable Variable gamma,
            @Nullable Variable beta,
            @Nullable Variable residual,
            Settings settings) {
        Tensor in = x.value();
        BatchNormalization kernels = in.device().backend().network().batchNormalization();
        long c = in.shape().size(-1);
        Tensor y = Tensor.empty(in.device(), in.dtype(), in.shape().toArray());
        Tensor rstd = Tensor.empty(in.device(), c);
        Tensor mean = settings.running().mean();
        Epilogue epilogue = new Epilogue(
                gamma == null ? null : gamma.value(),
                beta == null ? null : beta.value(),
                residual == null ? null : residual.value(),
                settings.relu());
        if (settings.batchStatistics()) {
            mean = Tensor.empty(in.device(), c);
            Running moved = settings.moves() ? settings.running() : null;
            kernels.forward(in, epilogue, settings.eps(), moved, y, mean, rstd);
        } else {
            kernels.evaluate(in, epilogue, mean, settings.running().variance(), settings.eps(), y, rstd);
        }
        List<Variable> inputs = new ArrayList<>(List.of(x));
        if (gamma != null && beta != null) {
            inputs.add(gamma);
            inputs.add(beta);
        }
        if (residual != null) {
            inputs.add(residual);
        }
        Variable[] all = inputs.toArray(new Variable[0]);
        return Autograd.records(all)
                ? new BatchNormalize(settings, new Statistics(mean, rstd), y, all, gamma, beta, residual != null)
                        .output(y)
                : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        long c = dy.shape().size(-1);
        Tensor dx = residual ? Tensor.empty(dy.device(), dy.dtype(), dy.shape().toArray()) : dy;
        Tensor dgamma = Tensor.empty(dy.device(), c);
        Tensor dbeta = Tensor.empty(dy.device(), c);
        dy.device()
                .backend()
                .network()
                .batchNormalization()
                .backward(
                        new BatchNormalization.Forward(
                                x.get(), y == null ? null : y.get(), mean.get(), rstd.get(), batchStatistics),
                        new Epilogue(
                                gamma == null ? null : gamma.get(),
                                beta == null ? null : beta.get(),
                                residual ? dy : null,
                                relu),
                        dy,
                        dx,
                        dgamma,
                        dbeta);
        List<@Nullable Tensor> gradients = new ArrayList<>();
        gradients.add(dx);
        if (gamma != null) {
            gradients.add(dgamma);
            gradients.add(dbeta);
        } else {
            dgamma.close();
            dbeta.close();
        }
        if (residual) {
            gradients.add(dy);
        }
        return gradients.toArray(new Tensor[0]);
    }
}
