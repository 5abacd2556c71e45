package io.gramian.jcuda;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import jcuda.Pointer;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/**
 * Device memory and streams, from JCuda and to JCuda, without a copy. JCuda and the kernels here use the primary context of a
 * device, as the CUDA runtime does, so that an address of one is an address of the other.
 *
 * <p>Nothing here waits: work that one of both was given on a stream has to be waited for before the other uses the memory on
 * another stream. On {@link #stream} everything runs in JCuda's order.
 *
 * <p>No native library of JCuda's is loaded by these methods.
 */
public final class JCudaMemory {
    private JCudaMemory() {}

    /**
     * The address in a device pointer, its offset added.
     *
     * @throws IllegalArgumentException for a null pointer, or one to an array or a buffer of the host
     */
    public static long address(Pointer pointer) {
        long address = new RawPointer(pointer).address();
        if (address == 0) {
            throw new IllegalArgumentException("expected a pointer to device memory, as cudaMalloc sets it, got "
                    + pointer + "; copy arrays and buffers of the host to the device with cudaMemcpy");
        }
        return address;
    }

    /**
     * A tensor over JCuda's memory. It must stay allocated while the tensor is used; closing the tensor frees nothing.
     *
     * @param device number of the CUDA device of the memory
     * @throws IllegalArgumentException as {@link #address}, or if the address does not suit the type
     * @throws io.gramian.GramianException if the device cannot be used here, with the reason
     */
    public static Tensor tensor(int device, Pointer pointer, DType dtype, long... sizes) {
        long address = address(pointer);
        return Tensor.wrap(Device.cuda(device), address, dtype, sizes);
    }

    /**
     * A JCuda pointer to the memory of a tensor, which must stay open while the pointer is used.
     *
     * @throws IllegalArgumentException unless the tensor is on a CUDA device
     */
    public static Pointer pointer(Tensor tensor) {
        if (!tensor.device().toString().startsWith("cuda")) {
            throw new IllegalArgumentException(
                    "expected a tensor on a CUDA device, got " + tensor + "; copy it there with copyFrom");
        }
        return new RawPointer(tensor.address());
    }

    /**
     * A stream of ours over one of JCuda's, for {@code LossCall}: what it is given runs in the order of JCuda's stream, which
     * must stay open until ours is closed.
     *
     * @param device number of the CUDA device of the stream
     * @param stream JCuda's; null for the default stream
     * @throws io.gramian.GramianException if the device cannot be used here, with the reason
     */
    public static Stream stream(int device, @Nullable cudaStream_t stream) {
        return Device.cuda(device).backend().callerStream(stream == null ? 0 : new RawStream(stream).handle());
    }
}
