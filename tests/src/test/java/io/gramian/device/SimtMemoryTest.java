package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Memory;
import io.gramian.loss.NtXent;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Memory of a device that is not the processor: what it counts, what happens when there is none, and what comes back. */
class SimtMemoryTest {
    private final Device device = DeviceUnderTest.get();
    private final Memory memory = device.backend().memory();

    @AfterEach
    void noLimit() {
        memory.limit(0);
    }

    @Test
    void countsWhatItHolds() {
        Memory.Statistics before = memory.statistics();
        Memory.DeviceBytes device0 = memory.deviceBytes();
        Tensor x = Tensor.empty(device, 100, 3);
        Tensor view = x.rows(1, 2);
        x.close();
        assertThat(memory.statistics().liveBytes() - before.liveBytes()).isEqualTo(1200);
        assertThat(memory.statistics().liveBlocks() - before.liveBlocks()).isEqualTo(1);
        assertThat(memory.deviceBytes().heldBytes() - device0.heldBytes()).isEqualTo(1200);
        view.close();
        device.backend().stream().synchronise();
        assertThat(memory.statistics().liveBytes()).isEqualTo(before.liveBytes());
        assertThat(memory.statistics().pooledBytes()).isEqualTo(before.pooledBytes());
        assertThat(memory.deviceBytes().reservedBytes()).isEqualTo(device0.reservedBytes());
    }

    @Test
    void withoutMemoryItSaysWhatIsHeld() {
        try (Scope scope = Scope.open()) {
            Tensor large = Tensor.zeros(device, 40, 50);
            Tensor.empty(device, DType.INT32, 7);
            memory.limit(memory.deviceBytes().heldBytes() + 1000);
            assertThatThrownBy(() -> Tensor.empty(device, 251))
                    .isInstanceOf(GramianException.class)
                    .hasMessageStartingWith("out of memory on " + device + ": FLOAT32 (251) needs 1004 bytes; ")
                    .hasMessageContaining(" tensors and ")
                    .hasMessageContaining(" are allowed; the device has ")
                    .hasMessageContaining("; the largest: ")
                    .hasMessageContaining("FLOAT32 (40, 50) of 8000 bytes")
                    .hasMessageEndingWith("; use a smaller batch or network");
            assertThat(Tensor.zeros(device, 250).toFloats()).containsOnly(0f);
            assertThat(large.toFloats()).containsOnly(0f);
        }
    }

    @Test
    void scratchMemoryCountsToo() {
        try (Scope scope = Scope.open()) {
            Tensor za = Truth.tensor(device, Truth.gaussian(1, 64 * 8), 64, 8);
            Tensor zb = Truth.tensor(device, Truth.gaussian(2, 64 * 8), 64, 8);
            memory.limit(memory.deviceBytes().heldBytes() + 2000);
            assertThatThrownBy(() -> NtXent.defaults().value(List.of(za, zb)))
                    .isInstanceOf(GramianException.class)
                    .hasMessageStartingWith("out of memory on " + device + ": asked for ")
                    .hasMessageContaining("FLOAT32 (64, 8) of 2048 bytes");
            memory.limit(0);
            assertThat(NtXent.defaults().value(List.of(za, zb))).isPositive();
        }
    }

    @Test
    void aLimitIsForDevices() {
        assertThatThrownBy(() -> Device.cpu().backend().memory().limit(10))
                .isInstanceOf(GramianException.class)
                .hasMessageStartingWith("the memory of the CPU has no limit of its own");
        assertThatThrownBy(() -> memory.limit(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("limit: expected at least 0, got -1");
    }

    @Test
    void whatIsFreedOnAClosedStreamComesBack() {
        long before = memory.deviceBytes().heldBytes();
        Tensor[] made = new Tensor[1];
        try (var stream = DeviceUnderTest.ownStream(device, 4)) {
            stream.use(() -> made[0] = Tensor.zeros(device, 10));
            stream.synchronise();
        }
        assertThat(made[0].toFloats()).containsOnly(0f);
        made[0].close();
        assertThat(memory.deviceBytes().heldBytes()).isEqualTo(before);
    }
}
