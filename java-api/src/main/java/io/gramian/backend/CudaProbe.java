package io.gramian.backend;

import io.gramian.GramianException;
import io.gramian.jni.CudaDevices;
import io.gramian.jni.Kernels;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * What this machine has of CUDA. Asks our own library, which needs no driver; so the answer is a sentence, never a crash.
 *
 * @param devices the devices that were found
 * @param driver CUDA version that the driver supports, like {@code 13.0}; empty without a driver
 * @param runtime CUDA version that the library was built with; empty when this build has no CUDA library
 * @param reason why there is no device, in words; empty when there is one
 */
public record CudaProbe(List<CudaDevice> devices, String driver, String runtime, String reason) {
    /** Keeps a copy of the list. */
    public CudaProbe {
        devices = List.copyOf(devices);
    }

    private static final class Once {
        static final CudaProbe RESULT = probe();
    }

    /** The answer of this machine, asked once per JVM. */
    public static CudaProbe result() {
        return Once.RESULT;
    }

    /** Why tensors cannot live on this device, in words; empty where they can. */
    public String whyNotUsable(int index) {
        if (devices.isEmpty()) {
            return reason;
        }
        if (index < 0 || index >= devices.size()) {
            return "expected a device from 0 to " + (devices.size() - 1);
        }
        return devices.get(index).fault();
    }

    private static CudaProbe probe() {
        try {
            NativeLibraries.load("the CUDA library", () -> Loader.load(CudaDevices.class));
        } catch (GramianException e) {
            boolean built = NativeLibraries.resource("io/gramian/jni/linux-x86_64/libgramian_cuda.so") != null;
            String why = e.getMessage();
            return none("", built && why != null ? why : "built without CUDA (no nvcc)");
        }
        String runtime = version(CudaDevices.gramian_cuda_runtime_version());
        int count = CudaDevices.gramian_cuda_device_count();
        if (count == 0) {
            return none(runtime, CudaDevices.gramian_cuda_reason().getString());
        }
        List<CudaDevice> devices = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            devices.add(describe(i));
        }
        return new CudaProbe(devices, version(CudaDevices.gramian_cuda_driver_version()), runtime, "");
    }

    private static CudaProbe none(String runtime, String reason) {
        return new CudaProbe(List.of(), "", runtime, reason);
    }

    private static CudaDevice describe(int index) {
        boolean works = CudaDevices.gramian_cuda_device_check(index) == Kernels.GRAMIAN_OK;
        String fault = works ? "" : CudaDevices.gramian_cuda_reason().getString();
        return new CudaDevice(
                index,
                CudaDevices.gramian_cuda_device_name(index).getString(),
                CudaDevices.gramian_cuda_device_capability(index),
                CudaDevices.gramian_cuda_device_memory(index),
                CudaDevices.gramian_cuda_device_free_memory(index),
                fault);
    }

    private static String version(int number) {
        return number == 0 ? "" : number / 1000 + "." + number % 1000 / 10;
    }
}
