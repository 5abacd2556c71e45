package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses on stored Grams without a gradient: the same value, to the bit, without the operands of the backward products. */
class ValueAloneTest {
    private static final int N = 96;
    private static final int D = 320;

    /** One loss of two views on a stream; gradients null for the value alone. */
    interface Call {
        double[] run(Stream stream, Tensor x, Tensor y, @Nullable Tensor dx, @Nullable Tensor dy);
    }

    /**
     * @param saved what the value does without, in matrices of the Gram's size
     */
    record Case(String name, Device device, boolean onSamples, double saved, Call call) {
        @Override
        public String toString() {
            return name + (onSamples ? " on samples, " : " on features, ") + device;
        }
    }

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        for (Device device : new Device[] {DeviceUnderTest.get(), Device.cpu()}) {
            for (boolean samples : new boolean[] {false, true}) {
                // the CPU keeps its Gram for the gradient, or, of features, two tiles of it; of samples it needs all
                double own = device.equals(Device.cpu()) ? samples ? 0 : 0.5 : 2;
                all.add(new Case("Barlow Twins", device, samples, own, (stream, x, y, dx, dy) -> device.backend()
                        .covariance(stream)
                        .barlowTwins(x, y, 0.005f, 1e-5f, false, 1, samples, dx, dy)
                        .run()));
                all.add(new Case("VICReg", device, samples, own, (stream, x, y, dx, dy) -> device.backend()
                        .covariance(stream)
                        .vicReg(x, y, 25, 25, 1, 1e-4f, 1, 0.5f, samples, dx, dy)
                        .run()));
                all.add(new Case("penalty", device, samples, Math.min(own, 1), (stream, x, y, dx, dy) -> new double[] {
                    device.backend()
                            .covariance(stream)
                            .offDiagonalPenalty(x, 3, samples, dx)
                            .value()
                }));
            }
        }
        Device cpu = Device.cpu();
        all.add(new Case("absolute penalty", cpu, false, 0.5, (stream, x, y, dx, dy) -> new double[] {
            cpu.backend().decorrelation(stream).absolute(x, 3, dx).value()
        }));
        all.add(new Case("exponential penalty", cpu, false, 0.5, (stream, x, y, dx, dy) -> new double[] {
            cpu.backend().decorrelation(stream).exponential(x, 3, 0.5f, dx).value()
        }));
        Device device = DeviceUnderTest.get();
        all.add(new Case("spectral contrastive", device, false, 2, (stream, x, y, dx, dy) -> new double[] {
            device.backend()
                    .contrastive(stream)
                    .spectral(x, y, 1, false, dx, dy)
                    .value()
        }));
        return all;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aValueAloneTakesLessMemory(Case of) {
        Device device = of.device();
        try (Scope scope = Scope.open();
                Stream alone = stream(device);
                Stream both = stream(device)) {
            Tensor x = Truth.tensor(device, Truth.gaussian(1, N * D), N, D);
            Tensor y = Truth.tensor(device, Truth.gaussian(2, N * D), N, D);
            double[] value = of.call().run(alone, x, y, null, null);
            double[] beside = of.call().run(both, x, y, Tensor.empty(device, N, D), Tensor.empty(device, N, D));
            assertThat(value).isEqualTo(beside).doesNotContain(Double.NaN);
            long order = of.onSamples() ? N : D;
            assertThat(both.scratchBytes() - alone.scratchBytes()).isGreaterThan(0);
            assertThat(both.scratchBytes() - alone.scratchBytes())
                    .isGreaterThanOrEqualTo((long) (of.saved() * order * order * Float.BYTES));
        }
    }

    private static Stream stream(Device device) {
        return device.equals(Device.cpu()) ? device.backend().newStream(2) : DeviceUnderTest.stream(device, 1);
    }
}
