package io.gramian.jcuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.backend.CudaProbe;
import io.gramian.backend.Stream;
import java.nio.ByteBuffer;
import jcuda.Pointer;
import jcuda.driver.CUstream;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.Test;

/** Addresses in and out of JCuda's classes; with a GPU also tensors, without one the reason why not. */
class JCudaMemoryTest {
    @Test
    void addressesComeOutAsTheyWentIn() {
        Pointer pointer = new RawPointer(0x7f0012340000L);
        assertThat(JCudaMemory.address(pointer)).isEqualTo(0x7f0012340000L);
        assertThat(JCudaMemory.address(pointer.withByteOffset(64))).isEqualTo(0x7f0012340040L);
        assertThat(JCudaMemory.address(pointer.withByteOffset(64).withByteOffset(4)))
                .isEqualTo(0x7f0012340044L);
    }

    @Test
    void memoryOfTheHostIsRefused() {
        for (Pointer pointer : new Pointer[] {
            new Pointer(),
            Pointer.to(new float[4]),
            Pointer.to(new float[4]).withByteOffset(8),
            Pointer.to(ByteBuffer.allocateDirect(16))
        }) {
            assertThatThrownBy(() -> JCudaMemory.address(pointer))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("expected a pointer to device memory, as cudaMalloc sets it, got ")
                    .hasMessageEndingWith("copy arrays and buffers of the host to the device with cudaMemcpy");
        }
        try (Tensor z = Tensor.zeros(Device.cpu(), 3)) {
            assertThatThrownBy(() -> JCudaMemory.pointer(z))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "expected a tensor on a CUDA device, got FLOAT32 (3) on cpu; copy it there with copyFrom");
        }
    }

    @Test
    void handlesOfStreams() {
        assertThat(new RawStream(new cudaStream_t()).handle()).isZero();
        assertThat(new RawStream(new cudaStream_t(new CUstream())).handle()).isZero();
    }

    @Test
    void withoutADeviceTheReasonIsSaid() {
        String why = CudaProbe.result().whyNotUsable(0);
        Pointer pointer = new RawPointer(1 << 20);
        if (!why.isEmpty()) {
            assertThatThrownBy(() -> JCudaMemory.tensor(0, pointer, DType.FLOAT32, 2, 2))
                    .isInstanceOf(GramianException.class)
                    .hasMessageStartingWith("cuda:0 cannot be used: " + why);
            assertThatThrownBy(() -> JCudaMemory.stream(0, null))
                    .isInstanceOf(GramianException.class)
                    .hasMessageStartingWith("cuda:0 cannot be used: " + why);
            return;
        }
        Device device = Device.cuda(0);
        try (Tensor z = Tensor.zeros(device, 2, 3).fill(5);
                Tensor same = JCudaMemory.tensor(0, JCudaMemory.pointer(z), DType.FLOAT32, 2, 3);
                Stream stream = JCudaMemory.stream(0, null)) {
            assertThat(same.address()).isEqualTo(z.address());
            stream.waitFor(device.backend().stream());
            stream.use(() -> assertThat(same.toFloats()).containsOnly(5f));
        }
    }
}
