package io.gramian.pytorch;

import static io.gramian.training.LossTruth.D;
import static io.gramian.training.LossTruth.N;
import static io.gramian.training.LossTruth.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.jni.Kernels;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.SimSiam;
import io.gramian.loss.TrainerLoss;
import io.gramian.training.LeakCheck;
import io.gramian.training.LossTruth;
import java.io.IOException;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GramianLossTest {
    private PointerScope scope = new PointerScope();

    @BeforeEach
    void open() {
        scope.close();
        scope = new PointerScope();
    }

    @AfterEach
    void close() {
        scope.close();
        scope = new PointerScope();
    }

    private static Tensor tensor(float[] values, long rows, long columns) {
        try (FloatPointer memory = new FloatPointer(values)) {
            return torch.from_blob(memory, rows, columns).clone();
        }
    }

    private static Tensor leaf(long seed) {
        return tensor(values(seed), N, D).set_requires_grad(true);
    }

    private static float[] floats(Tensor tensor) {
        float[] values = new float[(int) tensor.numel()];
        tensor.contiguous().data_ptr_float().get(values);
        return values;
    }

    @ParameterizedTest
    @MethodSource("io.gramian.training.LossTruth#losses")
    void valueAndGradientAreThoseOfTheKernel(MultiViewLoss ours) {
        LossTruth truth = LossTruth.of(TrainerLoss.of(ours), 1, 2);
        Tensor a = leaf(1);
        Tensor b = leaf(2);
        Tensor loss = GramianLoss.of(ours).forward(a, b);
        assertThat(loss.item_float()).isEqualTo((float) truth.value());
        loss.backward();
        assertThat(floats(a.grad())).isEqualTo(truth.gradients().get(0));
        assertThat(floats(b.grad())).isEqualTo(truth.gradients().get(1));
        assertThat(floats(a)).isEqualTo(values(1));
    }

    @ParameterizedTest
    @MethodSource("io.gramian.training.LossTruth#losses")
    void backwardAloneGivesTheSame(MultiViewLoss ours) {
        LossTruth truth = LossTruth.of(TrainerLoss.of(ours), 1, 2);
        Tensor a = leaf(1);
        Tensor b = leaf(2);
        assertThat(GramianLoss.of(ours).backward(a, b)).isEqualTo(truth.value());
        assertThat(floats(a.grad())).isEqualTo(truth.gradients().get(0));
        assertThat(floats(b.grad())).isEqualTo(truth.gradients().get(1));
    }

    @Test
    void theGradientFlowsOnAndIsScaledFromAbove() {
        Tensor x = leaf(1);
        Tensor y = leaf(2);
        // embeddings are twice the leaves, used twice: by our loss, times 4, and by a sum
        Tensor a = x.mul(new Scalar(2f));
        Tensor loss = GramianLoss.of(NtXent.defaults()).forward(a, y);
        loss.mul(new Scalar(4f)).add(a.sum()).backward();
        float[] expected = LossTruth.of(TrainerLoss.of(NtXent.defaults()), floats(a), floats(y))
                .gradients()
                .get(0);
        float[] gradient = floats(x.grad());
        for (int i = 0; i < expected.length; i++) {
            assertThat(gradient[i]).isEqualTo(2 * (4 * expected[i] + 1));
        }
    }

    @Test
    void targetsGetNoGradient() {
        LossTruth truth = LossTruth.of(TrainerLoss.of(SimSiam.defaults()), 1, 2, 3, 4);
        Tensor p = leaf(1);
        Tensor z = leaf(3);
        Tensor loss = GramianLoss.of(SimSiam.defaults()).forward(p, leaf(2), z, leaf(4));
        loss.backward();
        assertThat(loss.item_float()).isEqualTo((float) truth.value());
        assertThat(floats(p.grad())).isEqualTo(truth.gradients().get(0));
        assertThat(z.grad().defined()).isFalse();
    }

    @Test
    void withoutGradientsTheLossIsAConstant() {
        Tensor a = leaf(1);
        Tensor b = leaf(2);
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        try (NoGradGuard off = new NoGradGuard()) {
            Tensor value = loss.forward(a, b);
            assertThat(value.requires_grad()).isFalse();
            assertThat(value.item_float()).isEqualTo((float) loss.value(a, b));
        }
        assertThat(loss.forward(a, b).requires_grad()).isTrue();
        assertThat(loss.forward(a.detach(), b.detach()).requires_grad()).isFalse();
    }

    @Test
    void inputsAreReadInPlace() {
        Tensor a = torch.zeros(N, D);
        try (io.gramian.Tensor same = BorrowedTensor.wrap(Device.cpu(), a)) {
            assertThat(same.address()).isEqualTo(a.data_ptr().address());
            same.fill(3);
        }
        assertThat(floats(a)).containsOnly(3);
        // rows of a larger tensor are contiguous: in place too
        Tensor both = torch.cat(new TensorVector(leaf(1), leaf(2)));
        Tensor second = both.slice(
                0, new org.bytedeco.pytorch.LongOptional(N), new org.bytedeco.pytorch.LongOptional(2L * N), 1);
        assertThat(GramianLoss.of(NtXent.defaults()).value(leaf(1), second))
                .isEqualTo(LossTruth.of(TrainerLoss.of(NtXent.defaults()), 1, 2).value());
    }

    @Test
    void nanStaysNan() {
        Tensor bad = leaf(1).mul(new Scalar(Float.NaN));
        assertThat(GramianLoss.of(NtXent.defaults()).forward(bad, leaf(2)).item_float())
                .isNaN();
    }

    @Test
    void theThreadsOfTheSharedBlasAreLeftAsTheyWere() {
        GramianLoss loss = GramianLoss.of(BarlowTwins.defaults());
        loss.forward(leaf(1), leaf(2)); // from now on it is shared
        Kernels kernels = Device.cpu().backend().kernels();
        int theirs = kernels.gramian_swap_blas_threads(2);
        loss.forward(leaf(1), leaf(2)).backward();
        Device.cpu().backend().newStream(1).close();
        assertThat(kernels.gramian_swap_blas_threads(theirs)).isEqualTo(2);
        assertThat(kernels.gramian_swap_blas_threads(theirs)).isEqualTo(theirs);
    }

    @Test
    void whatCannotBeReadIsOneClearError() {
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        Tensor a = leaf(1);
        assertThatThrownBy(() -> loss.forward(a, a.to(torch.ScalarType.Double)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("inputs[1]: expected Float (float32), got Double;"
                        + " call to(ScalarType.Float) on it, which autograd follows");
        assertThatThrownBy(() -> loss.forward(a, tensor(values(2), D, N).t()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "inputs[1]: expected a contiguous row-major tensor, got sizes [24, 10] with strides [1, 24];"
                                + " call contiguous() on it, which autograd follows");
        assertThatThrownBy(() -> loss.forward(a.to_sparse(), a))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("inputs[0]: expected a dense tensor, got layout Sparse; call to_dense() on it");
        Tensor closed = leaf(2);
        closed.close();
        assertThatThrownBy(() -> loss.forward(closed, a))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("inputs[0]: expected an open tensor, got one that was closed");
        assertThatThrownBy(() -> loss.forward(new Tensor(), a)).hasMessageContaining("got an undefined one");
        assertThatThrownBy(() -> loss.forward(a)).hasMessage("nt-xent: expected at least 2 views, got 1");
        assertThatThrownBy(() -> loss.forward(a, torch.zeros(N, D + 1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> loss.backward(a.detach(), a.detach()))
                .hasMessageStartingWith("nt-xent: expected an input that requires a gradient, got none");
        assertThatThrownBy(() -> GramianLoss.of(SimSiam.defaults()).forward(a, a))
                .hasMessage("simsiam: expected 4 inputs, 2 predictions and then 2 targets, got 2");
    }

    @Test
    void aTensorOfAnotherDeviceIsOneClearError() {
        Tensor a = leaf(1);
        Tensor meta = torch.empty_like(a).to(new org.bytedeco.pytorch.Device("meta"), torch.ScalarType.Float);
        assertThatThrownBy(() -> GramianLoss.of(NtXent.defaults()).forward(a, meta))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("inputs[1]: expected a tensor of the CPU or of a CUDA device, got one of meta");
    }

    @Test
    void aThousandStepsLeakNothing() throws IOException {
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        Tensor a = torch.randn(128, 256).set_requires_grad(true);
        Tensor b = torch.randn(128, 256).set_requires_grad(true);
        LeakCheck.thousand(() -> {
            try (PointerScope step = new PointerScope()) {
                loss.forward(a, b).backward();
                loss.backward(a, b);
                a.mutable_grad().zero_();
                b.mutable_grad().zero_();
            }
        });
    }

    /** Without scopes: what the loss itself makes is closed by itself. */
    @Test
    void theLossAloneIsToBeClosed() throws IOException {
        scope.close();
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        Tensor a = torch.randn(128, 256).set_requires_grad(true);
        Tensor b = torch.randn(128, 256).set_requires_grad(true);
        LeakCheck.thousand(() -> {
            try (Tensor value = loss.forward(a, b)) {
                value.backward();
            }
        });
    }
}
