package io.gramian.pytorch;

import io.gramian.Device;
import io.gramian.backend.OwnPointers;
import io.gramian.backend.Stream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * PyTorch's current stream of a CUDA device. A class of its own, so that nothing of CUDA is loaded for tensors of the CPU.
 * PyTorch takes its streams from a fixed set that lives as long as the process, and so do ours over them.
 */
final class CurrentStream {
    private static final Map<Key, Stream> STREAMS = new ConcurrentHashMap<>();

    private record Key(int device, long handle) {}

    private CurrentStream() {}

    static Device device(Tensor tensor) {
        return Device.cuda(index(tensor));
    }

    private static int index(Tensor tensor) {
        try (org.bytedeco.pytorch.Device device = tensor.device()) {
            return device.index();
        }
    }

    static double run(Tensor tensor, Supplier<Double> body) {
        int device = index(tensor);
        try (CUDAStream current = torch_cuda.getCurrentCUDAStream((byte) device);
                CUstream_st handle = current.stream()) {
            // the default stream is the null handle, which JavaCPP gives as a null reference
            long address = handle == null ? 0 : handle.address();
            return OwnPointers.run(() -> stream(device, address).compute(body));
        }
    }

    private static Stream stream(int device, long handle) {
        return STREAMS.computeIfAbsent(
                new Key(device, handle), key -> Device.cuda(device).backend().callerStream(handle));
    }
}
