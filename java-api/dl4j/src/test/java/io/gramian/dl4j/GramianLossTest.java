package io.gramian.dl4j;

import static io.gramian.training.LossTruth.D;
import static io.gramian.training.LossTruth.N;
import static io.gramian.training.LossTruth.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Tensor;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.SimSiam;
import io.gramian.loss.TrainerLoss;
import io.gramian.loss.WMse;
import io.gramian.training.LeakCheck;
import io.gramian.training.LossTruth;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class GramianLossTest {
    private static final IActivation IDENTITY = new ActivationIdentity();

    private static INDArray stacked(long... seeds) {
        float[] all = new float[seeds.length * N * D];
        for (int i = 0; i < seeds.length; i++) {
            System.arraycopy(values(seeds[i]), 0, all, i * N * D, N * D);
        }
        return Nd4j.createFromArray(all).reshape('c', seeds.length * N, D);
    }

    private static float[] floats(INDArray array) {
        return array.dup('c').data().asFloat();
    }

    /** The gradient of all inputs below each other, zeros for targets, times what Deeplearning4j divides by. */
    private static float[] gradient(LossTruth truth, int inputs, float factor) {
        float[] all = new float[inputs * N * D];
        for (int i = 0; i < truth.gradients().size(); i++) {
            System.arraycopy(LossTruth.times(truth.gradients().get(i), factor), 0, all, i * N * D, N * D);
        }
        return all;
    }

    private static final INDArray UNREAD = Nd4j.zeros(N, 1);

    @ParameterizedTest
    @MethodSource("io.gramian.training.LossTruth#losses")
    void valueAndGradientAreThoseOfTheKernel(MultiViewLoss ours) {
        LossTruth truth = LossTruth.of(TrainerLoss.of(ours), 1, 2);
        INDArray embeddings = stacked(1, 2);
        var result = GramianLoss.of(ours).computeGradientAndScore(UNREAD, embeddings, IDENTITY, null, true);
        assertThat(result.getFirst()).isEqualTo(truth.value());
        assertThat(floats(result.getSecond())).isEqualTo(gradient(truth, 2, N));
        assertThat(floats(embeddings)).isEqualTo(floats(stacked(1, 2)));
    }

    @Test
    void scoresAndGradientsAreTimesWhatDeeplearning4jDividesBy() {
        LossTruth truth = LossTruth.of(TrainerLoss.of(NtXent.defaults()), 1, 2);
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        INDArray embeddings = stacked(1, 2);
        assertThat(loss.computeScore(UNREAD, embeddings, IDENTITY, null, true)).isEqualTo(truth.value());
        assertThat(loss.computeScore(UNREAD, embeddings, IDENTITY, null, false)).isEqualTo(truth.value() * 2 * N);
        assertThat(floats(loss.stackedInput().computeGradient(UNREAD, embeddings, IDENTITY, null)))
                .isEqualTo(gradient(truth, 2, 2 * N));
    }

    @Test
    void targetsGetZeros() {
        LossTruth truth = LossTruth.of(TrainerLoss.of(SimSiam.defaults()), 1, 2, 3, 4);
        GramianLoss loss = GramianLoss.of(SimSiam.defaults());
        INDArray gradient = loss.computeGradient(UNREAD, stacked(1, 2, 3, 4), IDENTITY, null);
        assertThat(floats(gradient)).isEqualTo(gradient(truth, 4, N));
    }

    @Test
    void aScoreAfterAGradientIsNotComputedAgainAndNoLongerKept() {
        GramianLoss loss = GramianLoss.of(new WMse(12, 1, 0, true, 5));
        INDArray embeddings = stacked(1, 2);
        loss.computeGradient(UNREAD, embeddings, IDENTITY, null);
        double first =
                LossTruth.of(TrainerLoss.of(new WMse(12, 1, 0, true, 5)), 1, 2).value();
        assertThat(loss.computeScore(UNREAD, embeddings, IDENTITY, null, true)).isEqualTo(first);
        // now on its own: as at the next step, whose slices are others
        assertThat(loss.computeScore(UNREAD, embeddings, IDENTITY, null, true)).isNotEqualTo(first);
    }

    @Test
    void otherOrdersAreCopiedAndRowsOfOthersReadInPlace() {
        LossTruth truth = LossTruth.of(TrainerLoss.of(NtXent.defaults()), 1, 2);
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        INDArray columns = stacked(1, 2).dup('f');
        assertThat(columns.ordering()).isEqualTo('f');
        assertThat(loss.computeScore(UNREAD, columns, IDENTITY, null, true)).isEqualTo(truth.value());
        INDArray more = stacked(9, 1, 2, 8);
        INDArray view = more.get(NDArrayIndex.interval(N, 3 * N), NDArrayIndex.all());
        assertThat(BorrowedArray.rowMajor(view)).isSameAs(view);
        assertThat(loss.computeScore(UNREAD, view, IDENTITY, null, true)).isEqualTo(truth.value());
        try (Tensor same = BorrowedArray.wrap(view)) {
            same.fill(3);
        }
        assertThat(Arrays.copyOfRange(floats(more), 0, N * D)).isEqualTo(values(9));
        assertThat(Arrays.copyOfRange(floats(more), N * D, 3 * N * D)).containsOnly(3);
        INDArray wide = Nd4j.zeros(2 * N, D + 1);
        INDArray some =
                wide.get(NDArrayIndex.all(), NDArrayIndex.interval(0, D)).assign(stacked(1, 2));
        assertThat(loss.computeScore(UNREAD, some, IDENTITY, null, true)).isEqualTo(truth.value());
    }

    @Test
    void theActivationIsPartOfTheLoss() {
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        INDArray before = stacked(1, 2);
        INDArray gradient = loss.computeGradient(UNREAD, before, new ActivationTanH(), null);
        double step = 1e-2;
        for (int k : new int[] {0, 57, 2 * N * D - 1}) {
            double up = scoreWith(loss, before, k, step);
            double down = scoreWith(loss, before, k, -step);
            assertThat((up - down) / (2 * step) * N)
                    .isCloseTo(floats(gradient)[k], org.assertj.core.api.Assertions.within(2e-3));
        }
        assertThat(floats(before)).isEqualTo(floats(stacked(1, 2)));
    }

    private static double scoreWith(GramianLoss loss, INDArray before, int k, double step) {
        INDArray changed = before.dup('c');
        changed.putScalar(k, changed.getFloat(k) + step);
        return loss.computeScore(UNREAD, changed, new ActivationTanH(), null, true);
    }

    @Test
    void nanStaysNan() {
        INDArray bad = stacked(1, 2);
        bad.putScalar(3, Float.NaN);
        assertThat(GramianLoss.of(NtXent.defaults()).computeScore(UNREAD, bad, IDENTITY, null, true))
                .isNaN();
    }

    @Test
    void whatCannotBeReadIsOneClearError() {
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        INDArray doubles = stacked(1, 2).castTo(DataType.DOUBLE);
        assertThatThrownBy(() -> loss.computeScore(UNREAD, doubles, IDENTITY, null, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("preOutput: expected FLOAT, got DOUBLE [48, 10];"
                        + " build the network with dataType(DataType.FLOAT)");
        assertThatThrownBy(() -> loss.computeGradient(UNREAD, Nd4j.zeros(4, 3, 2), IDENTITY, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("preOutput: expected a matrix (rows, features), got shape [4, 3, 2]");
        assertThatThrownBy(() -> loss.computeGradient(UNREAD, Nd4j.zeros(5, 3), IDENTITY, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "nt-xent: expected a multiple of 2 rows, the inputs of the loss below each other");
        INDArray closed = stacked(1, 2).dup(); // one that owns its memory: a view is not closed
        closed.close();
        assertThatThrownBy(() -> loss.computeScore(UNREAD, closed, IDENTITY, null, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("preOutput: expected an open array, got one that was closed");
        assertThatThrownBy(() -> loss.computeScore(UNREAD, stacked(1, 2), IDENTITY, Nd4j.ones(2 * N, 1), true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("nt-xent: expected no mask, got one");
        assertThatThrownBy(() -> loss.computeScoreArray(UNREAD, stacked(1, 2), IDENTITY, null))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> new GramianLoss(TrainerLoss.of(SimSiam.defaults()), 2))
                .hasMessage("simsiam: expected 4 inputs, 2 predictions and then 2 targets, got 2");
    }

    @Test
    void aThousandStepsLeakNothing() throws IOException {
        GramianLoss loss = GramianLoss.of(NtXent.defaults());
        INDArray embeddings = Nd4j.randn(256, 256);
        LeakCheck.thousand(() -> {
            var result = loss.computeGradientAndScore(UNREAD, embeddings, IDENTITY, null, false);
            result.getSecond().close();
        });
    }
}
