package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Covariance;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.jni.Kernels;
import io.gramian.reference.NormalizeRowsReference;
import io.gramian.reference.StandardizeColumnsReference;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The SIMT device: what it is, what it lacks, and its row and column kernels against the float64 truth. */
class SimtDeviceTest {
    private final Device device = DeviceUnderTest.get();

    @Test
    void isAnotherLibraryThanTheCpu() {
        assertThat(device).hasToString(DeviceUnderTest.name()).isSameAs(DeviceUnderTest.get());
        String kernels = DeviceUnderTest.isSimt() ? "simt" : "cuda";
        assertThat(device.backend().instructionSet()).isEqualTo(kernels);
        assertThat(Device.cpu().backend().instructionSet()).isNotEqualTo(kernels);
    }

    @Test
    void copiesAndFills() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.empty(device, 1000).fill(2.5f);
            assertThat(Tensor.zeros(device, 1000).copyFrom(x).toFloats()).containsOnly(2.5f);
            assertThat(Tensor.empty(device, 0).fill(1).toFloats()).isEmpty();
        }
    }

    /** As on a GPU: the processor does not touch the device's memory, the device copies. */
    @Test
    void everyTypeComesAndGoesThroughTheHost() {
        assertThat(device.backend().memory().onHost()).isFalse();
        assertThat(Device.cpu().backend().memory().onHost()).isTrue();
        try (Scope scope = Scope.open()) {
            assertThat(Tensor.of(device, new float[] {1, Float.NaN, -3}, 3).toFloats())
                    .containsExactly(1, Float.NaN, -3);
            assertThat(Tensor.ofInts(device, new int[] {4, -5}, 2).toInts()).containsExactly(4, -5);
            Tensor bytes = Tensor.ofBytes(device, new byte[] {1, 2, 3, 4, 5}, 5);
            bytes.putBytes(3, ByteBuffer.wrap(new byte[] {7, 8}));
            assertThat(bytes.toBytes()).containsExactly(1, 2, 3, 7, 8);
            ByteBuffer part = ByteBuffer.allocate(2);
            bytes.rows(1, 5).getBytes(1, part);
            assertThat(part.array()).containsExactly(3, 7);
            assertThat(Tensor.empty(device, DType.FLOAT64, 0).toDoubles()).isEmpty();
            assertThat(Tensor.of(device, new float[0], 0, 3).toFloats()).isEmpty();
        }
    }

    @Test
    void copiesBetweenDevices() {
        try (Scope scope = Scope.open()) {
            Tensor here = Tensor.of(Device.cpu(), new float[] {1, 2, 3, 4}, 2, 2);
            Tensor there = Tensor.zeros(device, 2, 2).copyFrom(here);
            assertThat(there.toFloats()).containsExactly(1, 2, 3, 4);
            assertThat(Tensor.zeros(Device.cpu(), 1, 2)
                            .copyFrom(there.rows(1, 2))
                            .toFloats())
                    .containsExactly(3, 4);
            assertThat(Tensor.empty(device, 0)
                            .copyFrom(Tensor.empty(Device.cpu(), 0))
                            .toFloats())
                    .isEmpty();
            assertThatThrownBy(() -> there.copyFrom(here.reshape(4)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("source: expected the shape of target (2, 2), got (4)");
        }
    }

    /** Every function of the C ABI that a bridge does not define says so. */
    @Test
    void whatADeviceLacksIsNamed() {
        Kernels none = new Kernels() {};
        assertThatThrownBy(() ->
                        device.backend().stream().run((kernels, context) -> none.gramian_add(context, 0, 0, 0, 0)))
                .isInstanceOf(GramianException.class)
                .hasMessage("gramian_add does not exist on device " + device + " yet; use Device.cpu() for it");
    }

    @Test
    void theCpuHasOnePrecision() {
        try (Stream stream = Device.cpu().backend().newStream(1)) {
            stream.setPrecision(Precision.FLOAT32);
            assertThatThrownBy(() -> stream.setPrecision(Precision.BFLOAT16))
                    .isInstanceOf(GramianException.class)
                    .hasMessageStartingWith("the CPU computes Gram products in float32 only; take that precision");
        }
    }

    @ParameterizedTest
    @CsvSource({"0,5", "1,1", "2,31", "33,127", "127,2", "257,129", "9,257"})
    void rowsAgreeWithTheTruth(int n, int d) {
        double[] z = Truth.gaussian(n + 7L * d, n * d);
        double[] du = Truth.gaussian(n + 8L * d, n * d);
        try (Scope scope = Scope.open()) {
            Guarded u = Guarded.of(device, n, d);
            Guarded norm = Guarded.of(device, n);
            Guarded dz = Guarded.of(device, n, d);
            device.backend()
                    .normalization()
                    .normalizeRows(Truth.tensor(device, z, n, d), 1e-12f, u.tensor(), norm.tensor());
            device.backend()
                    .normalization()
                    .normalizeRowsBackward(
                            u.tensor(), norm.tensor(), Truth.tensor(device, du, n, d), 1e-12f, dz.tensor());
            assertThat(Truth.error(u.values(), NormalizeRowsReference.value(z, n, d, 1e-12)))
                    .isLessThanOrEqualTo(3e-7);
            assertThat(Truth.error(dz.values(), NormalizeRowsReference.gradient(z, du, n, d, 1e-12)))
                    .isLessThanOrEqualTo(1e-6);
            norm.values();
        }
    }

    @ParameterizedTest
    @CsvSource({"1,3", "2,31", "31,33", "33,1", "127,2", "129,65", "257,33"})
    void columnsAgreeWithTheTruth(int n, int d) {
        double[] z = Truth.gaussian(n + 7L * d, n * d);
        double[] du = Truth.gaussian(n + 8L * d, n * d);
        for (int k = 0; k < z.length; k += d) {
            z[k] = (float) (z[k] + 1024); // the mean is large beside the spread
        }
        Covariance covariance = device.backend().covariance();
        try (Scope scope = Scope.open()) {
            Tensor x = Truth.tensor(device, z, n, d);
            Guarded u = Guarded.of(device, n, d);
            Guarded mean = Guarded.of(device, d);
            Guarded rstd = Guarded.of(device, d);
            Guarded dz = Guarded.of(device, n, d);
            covariance.standardizeColumns(x, 1e-5f, u.tensor(), mean.tensor(), rstd.tensor());
            assertThat(Truth.error(u.values(), StandardizeColumnsReference.value(z, n, d, 1e-5f)))
                    .isLessThanOrEqualTo(3e-7);
            covariance.standardizeColumnsBackward(
                    u.tensor(), rstd.tensor(), Truth.tensor(device, du, n, d), dz.tensor());
            double[] expected = StandardizeColumnsReference.gradient(z, du, n, d, 1e-5f);
            assertThat(Truth.error(dz.values(), expected)).isLessThanOrEqualTo(n == 2 ? 1e-1 : 2e-6);
            mean.values();
            rstd.values();
        }
    }

    @Test
    void centersInPlace() {
        double[] z = Truth.gaussian(1, 33 * 5);
        try (Scope scope = Scope.open()) {
            Tensor x = Truth.tensor(device, z, 33, 5);
            Tensor variance = Tensor.empty(device, 5);
            device.backend().covariance().centerColumns(x, x, Tensor.empty(device, 5), variance);
            assertThat(Truth.error(x.toFloats(), StandardizeColumnsReference.centered(z, 33, 5)))
                    .isLessThanOrEqualTo(2e-7);
            for (int j = 0; j < 5; j++) {
                double expected = StandardizeColumnsReference.deviations(z, 33, 5, j) / 32;
                assertThat((double) variance.toFloats()[j])
                        .isCloseTo(expected, org.assertj.core.api.Assertions.within(1e-6));
            }
        }
    }
}
