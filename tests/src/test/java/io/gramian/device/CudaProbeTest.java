package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.backend.CudaProbe;
import org.junit.jupiter.api.Test;

/** The probe with the library of this build, if the build had nvcc; with or without a driver. */
class CudaProbeTest {
    @Test
    void answersInWords() {
        boolean built = CudaProbe.class.getResource("/io/gramian/jni/linux-x86_64/libgramian_cuda.so") != null;
        CudaProbe probe = CudaProbe.result();
        assertThat(probe.reason().isEmpty()).isEqualTo(!probe.devices().isEmpty());
        assertThat(probe.whyNotUsable(probe.devices().size())).isNotBlank();
        if (built) {
            assertThat(probe.runtime()).matches("1[0-9]\\.[0-9]");
            assertThat(probe.reason()).doesNotContain("load", "nvcc");
        } else {
            assertThat(probe.reason()).isEqualTo("built without CUDA (no nvcc)");
        }
        assertThat(probe.driver().isEmpty()).isEqualTo(probe.devices().isEmpty());
        assertThat(probe.devices()).allSatisfy(device -> {
            assertThat(device.name()).isNotBlank();
            assertThat(device.capability()).isBetween(30, 200);
            assertThat(device.bytes())
                    .isGreaterThanOrEqualTo(device.freeBytes())
                    .isPositive();
        });
    }
}
