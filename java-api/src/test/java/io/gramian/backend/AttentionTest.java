package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.AttentionReference;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionTest {
    private final Device device = Device.cpu();
    private final Transformers kernels = device.backend().transformers();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    @Test
    void equalScoresGiveTheMeanOfTheValues() {
        float[] qkv = {0, 5, 1, 0, -3, 3}; // queries 0; two tokens of one head of one feature
        Tensor out = Tensor.empty(device, 1, 2, 1, 1);
        Tensor logSum = Tensor.empty(device, 1, 1, 2);
        kernels.attention(Tensor.of(device, qkv, 1, 2, 3, 1, 1), 1, out, logSum);
        assertThat(out.toFloats()).containsExactly(2, 2);
        assertThat(logSum.toFloats()[0]).isEqualTo((float) Math.log(2), offset(1e-7f));
    }

    @ParameterizedTest
    @CsvSource({
        "0,3,1,2",
        "1,0,1,2",
        "1,1,1,1",
        "3,2,2,1",
        "2,31,3,5",
        "1,33,2,31",
        "2,65,3,64",
        "1,129,1,33",
        "1,127,2,127",
        "1,257,2,16",
        "1,17,1,300",
        "5,1,4,8"
    })
    void attentionAgreesWithTheTruth(int b, int t, int h, int e) {
        attentionAgrees(b, t, h, e, (float) (1 / Math.sqrt(e)), 3);
    }

    /** Logits of some hundreds: the largest term is all there is, and nothing overflows. A negative factor turns them. */
    @ParameterizedTest
    @CsvSource({"40", "-40"})
    void largeLogits(float scale) {
        attentionAgrees(2, 70, 2, 8, scale, 2);
    }

    private void attentionAgrees(int b, int t, int h, int e, float scale, double size) {
        Random random = new Random(b + 10L * t + 1000L * h + 7L * e);
        double[] qkv = Arrays.stream(Arrays64.random(random, b * t * 3 * h * e))
                .map(v -> (float) (size * v))
                .toArray();
        double[] dout = Arrays64.random(random, b * t * h * e);
        AttentionReference truth = new AttentionReference(b, t, h, e, scale);
        NaiveTransformer.Attention naive = new NaiveTransformer.Attention(b, t, h, e, scale);
        Tensor in = Arrays64.tensor(qkv, b, t, 3, h, e);
        Guarded out = new Guarded(b, t, h, e);
        Guarded logSum = new Guarded(b, h, t);
        Guarded dqkv = new Guarded(b, t, 3, h, e);
        kernels.attention(in, scale, out.tensor(), logSum.tensor());
        kernels.attentionBackward(
                in, out.tensor(), logSum.tensor(), Arrays64.tensor(dout, b, t, h, e), scale, dqkv.tensor());
        logSum.assertBandsUntouched();
        float[] floats = NaiveTransformer.floats(qkv);
        NaiveTransformer.assertClose("out", out, truth.value(qkv), naive.value(floats));
        NaiveTransformer.assertClose(
                "dqkv", dqkv, truth.gradient(qkv, dout), naive.gradient(floats, NaiveTransformer.floats(dout)));
        double[] sums = truth.logSum(qkv);
        double largest = Arrays.stream(sums).map(Math::abs).max().orElse(0);
        Arrays64.assertClose("logSum", logSum.tensor(), sums, 1e-6 + 1e-6 * largest);
    }

    /** Tokens have no order, and heads and sequences know nothing of each other. */
    @Test
    void permutedTokensGivePermutedOutputs() {
        int t = 70;
        double[] qkv = Arrays64.random(new Random(3), t * 3 * 6);
        double[] turned = new double[qkv.length];
        for (int i = 0; i < t; i++) {
            System.arraycopy(qkv, (t - 1 - i) * 18, turned, i * 18, 18);
        }
        float[] one = attention(kernels, qkv, 1, t, 2, 3);
        float[] other = attention(kernels, turned, 1, t, 2, 3);
        for (int i = 0; i < t; i++) {
            for (int k = 0; k < 6; k++) {
                assertThat(other[(t - 1 - i) * 6 + k]).isEqualTo(one[i * 6 + k], offset(1e-6f));
            }
        }
    }

    @Test
    void sameBitsWhateverTheThreads() {
        double[] qkv = Arrays64.random(new Random(5), 3 * 70 * 3 * 2 * 24);
        float[][] one = all(Guarded.threads(1).transformers(), qkv);
        for (int repeat = 0; repeat < 2; repeat++) {
            float[][] three = all(Guarded.threads(3).transformers(), qkv);
            for (int i = 0; i < one.length; i++) {
                assertThat(three[i]).containsExactly(one[i]);
            }
        }
    }

    private float[][] all(Transformers room, double[] qkv) {
        Tensor in = Arrays64.tensor(qkv, 3, 70, 3, 2, 24);
        Tensor out = zeros(3, 70, 2, 24);
        Tensor logSum = zeros(3, 2, 70);
        Tensor dqkv = zeros(3, 70, 3, 2, 24);
        room.attention(in, 0.3f, out, logSum);
        room.attentionBackward(in, out, logSum, out.copy(), 0.3f, dqkv);
        return new float[][] {out.toFloats(), logSum.toFloats(), dqkv.toFloats()};
    }

    @Test
    void nanStaysWhereItBelongs() {
        double[] qkv = Arrays64.random(new Random(6), 2 * 5 * 3 * 2 * 4);
        double[] poisoned = qkv.clone();
        poisoned[0] = Double.NaN; // the query of token 0, head 0, sequence 0
        float[] out = attention(kernels, poisoned, 2, 5, 2, 4);
        float[] clean = attention(kernels, qkv, 2, 5, 2, 4);
        for (int i = 0; i < out.length; i++) {
            if (i < 4) {
                assertThat(out[i]).isNaN();
            } else {
                assertThat(out[i]).isEqualTo(clean[i]);
            }
        }
        poisoned = qkv.clone();
        poisoned[8] = Double.NaN; // the key of token 0, head 0: every query of the head meets it
        out = attention(kernels, poisoned, 2, 5, 2, 4);
        for (int token = 0; token < 5; token++) {
            assertThat(out[token * 8]).isNaN();
            assertThat(out[token * 8 + 4]).isEqualTo(clean[token * 8 + 4]);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        Tensor qkv = zeros(2, 5, 3, 2, 4);
        Tensor out = zeros(2, 5, 2, 4);
        Tensor logSum = zeros(2, 2, 5);
        assertThatThrownBy(() -> kernels.attention(zeros(2, 5, 24), 1, out, logSum))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("qkv: expected (b, t, 3, h, e) with e of at least 1, got (2, 5, 24)");
        assertThatThrownBy(() -> kernels.attention(qkv, Float.NaN, out, logSum))
                .hasMessage("scale: expected a finite number, got NaN");
        assertThatThrownBy(() -> kernels.attention(qkv, 1, out, zeros(2, 5, 2)))
                .hasMessage("logSum: expected shape (2, 2, 5), got (2, 5, 2)");
        assertThatThrownBy(() -> kernels.attentionBackward(qkv, out, logSum, out, 1, qkv))
                .hasMessage("dqkv overlaps another argument: expected separate memory; give dqkv a tensor of its own");
    }

    private float[] attention(Transformers room, double[] qkv, int b, int t, int h, int e) {
        Tensor out = Tensor.empty(device, b, t, h, e);
        room.attention(Arrays64.tensor(qkv, b, t, 3, h, e), 0.5f, out, Tensor.empty(device, b, h, t));
        return out.toFloats();
    }

    private Tensor zeros(long... sizes) {
        return Tensor.zeros(device, sizes);
    }
}
