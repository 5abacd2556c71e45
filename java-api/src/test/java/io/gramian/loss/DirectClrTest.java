package io.gramian.loss;

import static io.gramian.loss.Batches.assertClose;
import static io.gramian.loss.Batches.random;
import static io.gramian.loss.Batches.tensor;
import static io.gramian.loss.Batches.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.InfoNceReference;
import io.gramian.reference.LossAndGradients;
import io.gramian.reference.MultiViewNtXentReference;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DirectClrTest {
    private final Device device = Device.cpu();

    @ParameterizedTest
    @CsvSource({"5,8,8,false", "33,20,7,false", "129,64,31,false", "33,20,7,true", "31,129,33,true"})
    void theLeadingFeaturesAloneCount(int n, int d, int width, boolean bothViews) {
        double[] a = random(1, n, d);
        double[] b = view(a, 2);
        double[][] cut = {slice(a, n, d, width), slice(b, n, d, width)};
        LossAndGradients truth = bothViews
                ? MultiViewNtXentReference.valueAndGradients(cut, n, width, 0.2f)
                : InfoNceReference.valueAndGradients(cut[0], cut[1], n, width, 0.2f, true, true);
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(tensor(a, n, d), tensor(b, n, d));
            List<Tensor> gradients = List.of(
                    Tensor.empty(device, n, d).fill(Float.NaN),
                    Tensor.empty(device, n, d).fill(Float.NaN));
            DirectClr loss = new DirectClr(width, 0.2f, bothViews);
            assertThat(loss.valueAndGradient(views, gradients)).isCloseTo(truth.loss(), within(1e-5));
            assertThat(loss.value(views)).isCloseTo(truth.loss(), within(1e-5));
            for (int v = 0; v < 2; v++) {
                double[] expected = new double[n * d];
                for (int i = 0; i < n; i++) {
                    System.arraycopy(truth.gradients()[v], i * width, expected, i * d, width);
                }
                assertClose(gradients.get(v), expected, 1e-5);
            }
        }
    }

    @Test
    void whatIsNotReadMayBeAnything() {
        double[] a = random(1, 6, 5);
        double[] b = random(2, 6, 5);
        try (Scope scope = Scope.open()) {
            DirectClr loss = new DirectClr(3, 0.1f, false);
            double value = loss.value(List.of(tensor(a, 6, 5), tensor(b, 6, 5)));
            a[9] = Double.NaN;
            assertThat(loss.value(List.of(tensor(a, 6, 5), tensor(b, 6, 5)))).isEqualTo(value);
            a[7] = Double.NaN;
            assertThat(loss.value(List.of(tensor(a, 6, 5), tensor(b, 6, 5)))).isNaN();
        }
    }

    @Test
    void badArgumentsAreNamed() {
        assertThatThrownBy(() -> new DirectClr(0, 0.1f, false)).hasMessage("width: expected at least 1, got 0");
        assertThatThrownBy(() -> new DirectClr(3, 0, false))
                .hasMessage("temperature: expected a finite number above 0, got 0.0");
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Tensor.zeros(device, 4, 5), Tensor.zeros(device, 4, 5));
            assertThatThrownBy(() -> DirectClr.defaults().value(views))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("width: expected from 0 to the 5 features of (4, 5), got 360");
            assertThatThrownBy(() -> new DirectClr(6, 1, true).valueAndGradient(views, views))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static double[] slice(double[] z, int n, int d, int width) {
        double[] cut = new double[n * width];
        for (int i = 0; i < n; i++) {
            System.arraycopy(z, i * d, cut, i * width, width);
        }
        return cut;
    }
}
