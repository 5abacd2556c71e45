package io.gramian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.backend.CudaDevice;
import io.gramian.backend.CudaProbe;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceTest {
    @Test
    void theCpuIsOneDevice() {
        assertThat(Device.cpu()).isSameAs(Device.cpu()).hasToString("cpu");
        assertThat(Device.cpu().backend().instructionSet()).isIn("plain", "avx2", "avx512");
        assertThat(Device.cpu().backend().blasCore()).isNotBlank();
    }

    @Test
    void devicesHaveNames() {
        assertThat(Device.named(" CPU ")).isSameAs(Device.cpu());
        assertThat(Device.named("best")).isSameAs(Device.best());
        for (String words : new String[] {"gpu", "cuda:", "cuda:x", "cpu:0", ""}) {
            assertThatThrownBy(() -> Device.named(words))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("device: expected cpu, cuda, cuda:1 or best, got '" + words + "'");
        }
    }

    @Test
    void bestIsADeviceThatWorks() {
        try (Tensor ones = Tensor.zeros(Device.best(), 3).fill(1)) {
            assertThat(ones.toFloats()).containsExactly(1, 1, 1);
        }
    }

    @Test
    void cudaSaysWhyItCannotBeUsed() {
        int absent = CudaProbe.result().devices().size();
        assertThat(CudaProbe.result().whyNotUsable(absent)).isNotBlank();
        assertThatThrownBy(() -> Device.cuda(absent))
                .isInstanceOf(GramianException.class)
                .hasMessageStartingWith("cuda:" + absent + " cannot be used: ")
                .hasMessageContaining(CudaProbe.result().whyNotUsable(absent))
                .hasMessageEndingWith("use Device.cpu() or Device.best()");
    }

    @Test
    void reasonsOfADeviceThatIsThere() {
        CudaDevice good = new CudaDevice(0, "Test GPU", 90, 80L << 30, 79L << 30, "");
        CudaDevice old = new CudaDevice(1, "Old GPU", 70, 16L << 30, 15L << 30, "no code for it");
        CudaProbe probe = new CudaProbe(List.of(good, old), "13.0", "13.0", "");
        assertThat(probe.whyNotUsable(0)).isEmpty();
        assertThat(probe.whyNotUsable(1)).isEqualTo("no code for it");
        assertThat(probe.whyNotUsable(2)).isEqualTo("expected a device from 0 to 1");
        assertThat(good).hasToString("cuda:0 Test GPU, compute capability 9.0, 81920 MiB (80896 MiB free)");
        assertThat(old.toString()).endsWith("; cannot be used: no code for it");
    }
}
