package io.gramian.djl;

import static io.gramian.training.LossTruth.D;
import static io.gramian.training.LossTruth.N;
import static io.gramian.training.LossTruth.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.KeyQueue;
import io.gramian.loss.MocoV3;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.QueueInfoNce;
import io.gramian.loss.SimSiam;
import io.gramian.loss.TrainerLoss;
import io.gramian.training.LeakCheck;
import io.gramian.training.LossTruth;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GramianLossTest {
    private final NDManager manager = NDManager.newBaseManager("PyTorch");

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray array(long seed) {
        NDArray array = manager.create(values(seed), new Shape(N, D));
        array.setRequiresGradient(true);
        return array;
    }

    /** Runs forward and backward with a factor from above; returns the loss. */
    private static float backward(GramianLoss loss, float factor, NDList predictions) {
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray value = loss.evaluate(new NDList(), predictions);
            collector.backward(value.mul(factor));
            return value.getFloat();
        }
    }

    @ParameterizedTest
    @MethodSource("io.gramian.training.LossTruth#losses")
    void valueAndGradientAreThoseOfTheKernel(MultiViewLoss loss) {
        LossTruth truth = LossTruth.of(TrainerLoss.of(loss), 1, 2);
        NDArray a = array(1);
        NDArray b = array(2);
        float value = backward(GramianLoss.of(loss), 1, new NDList(a, b));
        assertThat(value).isEqualTo((float) truth.value());
        assertThat(a.getGradient().toFloatArray()).isEqualTo(truth.gradients().get(0));
        assertThat(b.getGradient().toFloatArray()).isEqualTo(truth.gradients().get(1));
        assertThat(a.toFloatArray()).isEqualTo(values(1));
    }

    @Test
    void theGradientIsScaledFromAbove() {
        LossTruth truth = LossTruth.of(TrainerLoss.of(NtXent.defaults()), 1, 2);
        NDArray a = array(1);
        backward(GramianLoss.of(NtXent.defaults()), 4, new NDList(a, array(2)));
        assertThat(a.getGradient().toFloatArray())
                .isEqualTo(LossTruth.times(truth.gradients().get(0), 4));
    }

    @Test
    void oneArrayIsTwoViewsBelowEachOther() {
        LossTruth truth = LossTruth.of(TrainerLoss.of(NtXent.defaults()), 1, 2);
        NDArray both = manager.create(values(1), new Shape(N, D)).concat(manager.create(values(2), new Shape(N, D)), 0);
        both.setRequiresGradient(true);
        float value = backward(GramianLoss.of(NtXent.defaults()), 1, new NDList(both));
        assertThat(value).isEqualTo((float) truth.value());
        float[] gradient = both.getGradient().toFloatArray();
        assertThat(java.util.Arrays.copyOfRange(gradient, N * D, 2 * N * D))
                .isEqualTo(truth.gradients().get(1));
    }

    @Test
    void aTransposedViewIsReadInItsOwnOrder() {
        NDArray columns = manager.create(values(1), new Shape(D, N));
        NDArray a = columns.transpose();
        NDArray dense = a.duplicate();
        NDArray b = manager.create(values(2), new Shape(N, D));
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        float strided = loss.evaluate(new NDList(), new NDList(a, b)).getFloat();
        assertThat(strided)
                .isEqualTo(loss.evaluate(new NDList(), new NDList(dense, b)).getFloat());
    }

    @Test
    void targetsGetNoGradient() {
        TrainerLoss simSiam = TrainerLoss.of(SimSiam.defaults());
        LossTruth truth = LossTruth.of(simSiam, 1, 2, 3, 4);
        NDArray p1 = array(1);
        NDArray z1 = array(3);
        float value = backward(GramianLoss.of(SimSiam.defaults()), 1, new NDList(p1, array(2), z1, array(4)));
        assertThat(value).isEqualTo((float) truth.value());
        assertThat(p1.getGradient().toFloatArray()).isEqualTo(truth.gradients().get(0));
        assertThat(z1.getGradient().toFloatArray()).containsOnly(0);
    }

    @Test
    void keysEnterTheQueueAfterATrainedStepOnly() {
        try (KeyQueue queue = KeyQueue.random(Device.cpu(), 3 * N, D, 1)) {
            GramianLoss loss = new GramianLoss(TrainerLoss.of(QueueInfoNce.defaults(), queue));
            NDList constants = new NDList(array(1).stopGradient(), array(2).stopGradient());
            float before = loss.evaluate(new NDList(), constants).getFloat();
            assertThat(queue.position()).isZero();
            NDArray query = array(1);
            float value = backward(loss, 1, new NDList(query, array(2)));
            assertThat(value).isEqualTo(before);
            assertThat(queue.position()).isEqualTo(N);
            assertThat(query.getGradient().toFloatArray()).doesNotContain(Float.NaN);
        }
        NDArray q = array(1);
        backward(new GramianLoss(TrainerLoss.of(MocoV3.defaults())), 1, new NDList(q, array(2), array(3), array(4)));
        assertThat(q.getGradient().toFloatArray())
                .isEqualTo(LossTruth.of(TrainerLoss.of(MocoV3.defaults()), 1, 2, 3, 4)
                        .gradients()
                        .get(0));
    }

    @Test
    void predictionsAreReadAndWrittenInPlace() {
        NDArray array = manager.zeros(new Shape(N, D));
        try (Tensor tensor = BorrowedArray.toWrite(array)) {
            tensor.fill(3);
        }
        assertThat(array.toFloatArray()).containsOnly(3);
    }

    @Test
    void evaluatorsGetTheLossThatWasTrained() {
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        NDList predictions = new NDList(array(1), array(2));
        float value = backward(loss, 1, predictions);
        loss.addAccumulator("train");
        assertThat(loss.getAccumulator("train")).isNaN();
        loss.updateAccumulator("train", new NDList(), predictions);
        NDList others = new NDList(array(3), array(4));
        loss.updateAccumulators(new String[] {"train"}, new NDList(), others);
        float other = loss.evaluate(new NDList(), others).getFloat();
        assertThat(loss.getAccumulator("train")).isCloseTo((value + other) / 2, within(1e-6f));
        loss.resetAccumulator("train");
        assertThat(loss.getAccumulator("train")).isNaN();
        assertThatThrownBy(() -> loss.getAccumulator("test")).hasMessageContaining("got test");
    }

    @Test
    void nanStaysNan() {
        NDArray a = array(1);
        NDArray bad = a.mul(Float.NaN);
        assertThat(GramianLoss.of(NtXent.defaults())
                        .evaluate(new NDList(), new NDList(bad, a))
                        .getFloat())
                .isNaN();
    }

    @Test
    void whatCannotBeReadIsOneClearError() {
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        NDArray a = array(1);
        NDArray doubles = a.toType(DataType.FLOAT64, true);
        assertThatThrownBy(() -> loss.evaluate(new NDList(), new NDList(a, doubles)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("predictions[1]: expected FLOAT32, got float64 (24, 10);"
                        + " call toType(DataType.FLOAT32, false) on it");
        NDArray closed = array(2);
        closed.close();
        assertThatThrownBy(() -> loss.evaluate(new NDList(), new NDList(closed, a)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("predictions[0]: expected an open array, got one that was closed");
        assertThatThrownBy(() -> loss.evaluate(new NDList(), new NDList(a, manager.zeros(new Shape(N, D + 1)))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> loss.evaluate(new NDList(), new NDList(manager.zeros(new Shape(3, D)))))
                .hasMessageStartingWith("predictions[0]: expected two views below each other, (2 n, d), got (3, 10)");
        assertThatThrownBy(() -> GramianLoss.of(SimSiam.defaults()).evaluate(new NDList(), new NDList(a, a)))
                .hasMessage("simsiam: expected 4 inputs, 2 predictions and then 2 targets, got 2");
        NDArray sparse =
                manager.createCoo(java.nio.FloatBuffer.wrap(new float[] {1}), new long[][] {{0}, {0}}, new Shape(N, D));
        assertThatThrownBy(() -> loss.evaluate(new NDList(), new NDList(a, sparse)))
                .hasMessageStartingWith("predictions[1]: expected a dense array, got COO");
    }

    @Test
    void aThousandStepsLeakNothing() throws IOException {
        int n = 128;
        int d = 256;
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        NDArray a = manager.randomNormal(new Shape(n, d));
        NDArray b = manager.randomNormal(new Shape(n, d));
        a.setRequiresGradient(true);
        b.setRequiresGradient(true);
        LeakCheck.thousand(() -> {
            try (NDManager step = manager.newSubManager();
                    GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                a.tempAttach(step);
                b.tempAttach(step);
                collector.backward(loss.evaluate(new NDList(), new NDList(a, b)));
            }
        });
    }
}
