package io.gramian.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WhiteningReferenceTest {
    private static final double STEP = 1e-5;

    @Test
    void oneColumnIsStandardised() {
        // mean 2, unbiased variance (4 + 0 + 4) / 2 = 4
        assertThat(WhiteningReference.value(new double[] {0, 2, 4}, 3, 1, 0)).containsExactly(-1, 0, 1);
    }

    @ParameterizedTest
    @CsvSource({"4,2,0", "6,5,0", "9,4,0.1", "3,3,0.5"})
    void gradientIsTheSlope(int n, int d, double eps) {
        Random random = new Random(17 * n + d);
        double[] x = random.doubles((long) n * d, -1, 1).toArray();
        double[] weights = random.doubles((long) n * d, -1, 1).toArray();
        double[] gradient = WhiteningReference.gradient(x, weights, n, d, eps);
        for (int i = 0; i < n * d; i++) {
            double here = x[i];
            x[i] = here + STEP;
            double above = dot(weights, WhiteningReference.value(x, n, d, eps));
            x[i] = here - STEP;
            double below = dot(weights, WhiteningReference.value(x, n, d, eps));
            x[i] = here;
            double slope = (above - below) / (2 * STEP);
            assertThat(gradient[i]).as("element %d", i).isCloseTo(slope, within(1e-6 * Math.max(1, Math.abs(slope))));
        }
    }

    @ParameterizedTest
    @CsvSource({"2,true,0", "2,false,0", "3,true,0.01", "4,false,0"})
    void gradientOfWMseIsTheSlope(int views, boolean normalize, double eps) {
        int n = 12;
        int d = 3;
        Random random = new Random(views);
        double[][] z = new double[views][];
        for (int v = 0; v < views; v++) {
            z[v] = random.doubles((long) n * d, -1, 1).toArray();
        }
        int[][] permutations = {{3, 1, 2, 0, 5, 4, 11, 10, 9, 8, 7, 6}, {0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11}};
        double[][] gradients = WMseReference.gradient(z, n, d, 6, permutations, eps, normalize);
        for (int v = 0; v < views; v++) {
            for (int i = 0; i < n * d; i++) {
                double here = z[v][i];
                z[v][i] = here + STEP;
                double above = WMseReference.value(z, n, d, 6, permutations, eps, normalize);
                z[v][i] = here - STEP;
                double below = WMseReference.value(z, n, d, 6, permutations, eps, normalize);
                z[v][i] = here;
                assertThat(gradients[v][i])
                        .as("view %d element %d", v, i)
                        .isCloseTo((above - below) / (2 * STEP), within(1e-8));
            }
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
