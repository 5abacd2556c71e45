package io.gramian.pytorch;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.PredictiveLoss;
import io.gramian.loss.TrainerLoss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A loss of Gramian on tensors of PyTorch, as part of PyTorch's autograd.
 *
 * <pre>{@code
 * GramianLoss ntXent = GramianLoss.of(new NtXent(0.5f));
 * try (PointerScope scope = new PointerScope()) {
 *     Tensor loss = ntXent.forward(network.forward(view1), network.forward(view2));   // a scalar of the graph
 *     loss.backward();
 *     optimizer.step();
 * }
 * }</pre>
 *
 * <p>Inputs are those of {@link TrainerLoss}, in its order, float32 and contiguous, all on the CPU or all on one CUDA device:
 * for two views two tensors (n, d), for SimSiam and BYOL two predictions and then two targets. They are read in place and not
 * modified; on a CUDA device the kernels stand in the order of PyTorch's current stream of that device.
 *
 * <p>{@link #forward} gives a scalar with the value of the loss, whose backward pass gives every trained input that requires
 * one exactly the gradient that the kernel computed with the value, scaled by whatever comes from above: the loss is
 * {@code s - detach(s) + value} with {@code s = sum_v <input_v, gradient_v>}. No function of Java is called from the graph, so
 * nothing has to be kept alive until the backward pass. {@link #backward} goes without {@code s}: it hands the gradients to
 * PyTorch at once.
 *
 * <p>Memory: one tensor of each trained input's shape, PyTorch's own, for its gradient; freed after the backward pass. Losses
 * that draw at random (W-MSE, LeJEPA) count the steps that had a gradient. Safe to use from several threads, but for losses
 * with a queue.
 */
public final class GramianLoss {
    private final TrainerLoss loss;
    private final AtomicLong steps = new AtomicLong();

    /** Any loss of ours. */
    public GramianLoss(TrainerLoss loss) {
        this.loss = loss;
    }

    /** A loss of two or more views. */
    public static GramianLoss of(MultiViewLoss loss) {
        return new GramianLoss(TrainerLoss.of(loss));
    }

    /** A loss of two predictions and two targets. */
    public static GramianLoss of(PredictiveLoss loss) {
        return new GramianLoss(TrainerLoss.of(loss));
    }

    /** Name as in {@code nt-xent}. */
    public String name() {
        return loss.name();
    }

    /**
     * The loss as a scalar of the graph; a constant where gradients are off or no trained input requires one.
     *
     * @throws IllegalArgumentException for tensors that are closed, sparse, strided, not float32, or on different devices, and
     *     for shapes that the loss does not take
     * @throws io.gramian.GramianException if the tensors are on a GPU that Gramian cannot use, saying why
     */
    public Tensor forward(Tensor... inputs) {
        int trained = check(inputs);
        boolean wanted = Arrays.stream(inputs).limit(trained).anyMatch(Tensor::requires_grad);
        if (!wanted || !GradMode.is_enabled()) {
            try (Scalar number = new Scalar(value(inputs))) {
                return torch.scalar_tensor(number);
            }
        }
        List<Tensor> gradients = likeEach(inputs, trained);
        try {
            double value = compute(inputs, gradients);
            Tensor surrogate = null;
            for (int i = 0; i < trained; i++) {
                Tensor term = product(inputs[i], gradients.get(i));
                surrogate = surrogate == null ? term : sum(surrogate, term);
            }
            return valued(surrogate, value);
        } finally {
            gradients.forEach(Tensor::close); // the graph keeps what its backward pass needs
        }
    }

    /**
     * Computes the loss and sends its gradients into the graph behind the inputs: forward and backward in one call, without a
     * tensor for the loss.
     *
     * @return the loss
     * @throws IllegalArgumentException as {@link #forward}, and if no trained input requires a gradient
     */
    public double backward(Tensor... inputs) {
        int trained = check(inputs);
        List<Tensor> gradients = likeEach(inputs, trained);
        try (TensorVector roots = new TensorVector();
                TensorVector upstream = new TensorVector();
                TensorVector leaves = new TensorVector();
                BoolOptional retain = new BoolOptional()) {
            double value = compute(inputs, gradients);
            for (int i = 0; i < trained; i++) {
                if (inputs[i].requires_grad()) {
                    roots.push_back(inputs[i]);
                    upstream.push_back(gradients.get(i));
                }
            }
            if (roots.empty()) {
                throw new IllegalArgumentException(loss.name()
                        + ": expected an input that requires a gradient, got none; use value(...) for the loss alone");
            }
            torch.backward(roots, upstream, retain, false, leaves);
            return value;
        } finally {
            gradients.forEach(Tensor::close);
        }
    }

    /**
     * The loss alone.
     *
     * @throws IllegalArgumentException as {@link #forward}
     */
    public double value(Tensor... inputs) {
        check(inputs);
        Device device = BorrowedTensor.device(inputs[0]);
        return BorrowedTensor.inOrder(inputs[0], () -> {
            try (Scope scope = Scope.open()) {
                return loss.value(wrap(device, List.of(inputs)), steps.get());
            }
        });
    }

    private double compute(Tensor[] inputs, List<Tensor> gradients) {
        Device device = BorrowedTensor.device(inputs[0]);
        return BorrowedTensor.inOrder(inputs[0], () -> {
            try (Scope scope = Scope.open()) {
                List<io.gramian.Tensor> written = wrap(device, gradients);
                return loss.valueAndGradient(wrap(device, List.of(inputs)), written, steps.getAndIncrement());
            }
        });
    }

    private static List<io.gramian.Tensor> wrap(Device device, List<Tensor> tensors) {
        return tensors.stream()
                .map(tensor -> BorrowedTensor.wrap(device, tensor))
                .toList();
    }

    private int check(Tensor[] inputs) {
        int trained = loss.trained(inputs.length);
        for (int i = 0; i < inputs.length; i++) {
            BorrowedTensor.check("inputs[" + i + "]", inputs[i]);
            BorrowedTensor.checkSameDevice("inputs[" + i + "]", inputs[i], inputs[0]);
        }
        return trained;
    }

    private static List<Tensor> likeEach(Tensor[] inputs, int count) {
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tensors.add(torch.empty_like(inputs[i]));
        }
        return tensors;
    }

    private static Tensor product(Tensor input, Tensor gradient) {
        try (Tensor flat = input.flatten();
                Tensor constant = gradient.flatten()) {
            return flat.dot(constant);
        }
    }

    private static Tensor sum(Tensor a, Tensor b) {
        try (a;
                b) {
            return a.add(b);
        }
    }

    /** The scalar with another value and the same gradient: {@code s - s} is 0 for every finite s. */
    private static Tensor valued(@Nullable Tensor surrogate, double value) {
        if (surrogate == null) {
            throw new IllegalStateException("a loss without trained inputs");
        }
        try (surrogate;
                Tensor constant = surrogate.detach();
                Tensor zero = surrogate.sub(constant);
                Scalar number = new Scalar(value)) {
            return zero.add(number);
        }
    }
}
