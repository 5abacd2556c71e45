package io.gramian.dlpack;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Exchange;

/**
 * Tensors of other libraries of this process by the DLPack protocol, without a copy, in whatever language they are. NumPy is
 * the one that tests exchange arrays with.
 *
 * <p>What is passed is the address of a {@code DLManagedTensor}, or of a {@code DLManagedTensorVersioned} (major version 1).
 * An address is trusted: one that is neither null nor that of such a structure is undefined behaviour, as in any native call.
 *
 * <p>In: {@link #tensor} and {@link #versionedTensor} take the structure over. Its deleter is called exactly once, when the
 * tensor and all views of it are closed, by the thread that closes the last. If they throw, the structure was not taken over,
 * and belongs to the caller as before. Float32, float64, int32, int64 and uint8, row-major, are taken; in memory of the CPU
 * (pinned memory included) or of a CUDA device. Who exports memory of a CUDA device makes the consumer's stream wait for it,
 * as the protocol says; {@link io.gramian.backend.Stream#nativeStream} has the number to give.
 *
 * <p>Out: {@link #export} and {@link #exportVersioned} make a structure that keeps the memory until its deleter is called, by
 * any thread; the tensor may be closed before. Work on it that was given to a stream must be waited for by who uses it.
 *
 * <p>Source: the DLPack specification, version 1.0, dmlc.github.io/dlpack.
 */
public final class DlPack {
    private static final int CPU = 1;
    private static final int CUDA = 2;
    private static final int CUDA_HOST = 3;
    private static final int CUDA_MANAGED = 13;
    private static final long READ_ONLY = 1;

    private static final int INT = 0;
    private static final int UINT = 1;
    private static final int FLOAT = 2;

    private static final String[] CODES = {"int", "uint", "float", "opaque handle", "bfloat", "complex", "bool"};
    private static final String[] DEVICES = {
        "none",
        "CPU",
        "CUDA",
        "CUDA host",
        "OpenCL",
        "5",
        "6",
        "Vulkan",
        "Metal",
        "VPI",
        "ROCm",
        "ROCm host",
        "extension",
        "CUDA managed",
        "oneAPI",
        "WebGPU",
        "Hexagon",
        "MAIA"
    };

    private DlPack() {}

    /**
     * A tensor over the memory of a DLManagedTensor, which it owns from then on.
     *
     * @param managed address of the structure
     * @throws IllegalArgumentException if it is null, or its type, layout or device cannot be used, with what to do
     * @throws io.gramian.GramianException if it has more than 8 dimensions, or its CUDA device cannot be used here
     */
    public static Tensor tensor(long managed) {
        return taken(managed, false, true);
    }

    /**
     * A tensor over the memory of a DLManagedTensorVersioned, which it owns from then on.
     *
     * @param managed address of the structure
     * @param onlyRead whether the caller will only read the tensor, so that read-only memory will do
     * @throws IllegalArgumentException if it is null or read-only, or its type, layout or device cannot be used, with what to
     *     do
     * @throws io.gramian.GramianException if its version is not 1.x, it has more than 8 dimensions, or its CUDA device cannot
     *     be used here
     */
    public static Tensor versionedTensor(long managed, boolean onlyRead) {
        return taken(managed, true, onlyRead);
    }

    /**
     * A DLManagedTensor over the memory of a tensor, for whoever calls its deleter.
     *
     * @return address of the structure
     * @throws IllegalArgumentException if the tensor is on a device that DLPack does not know
     * @throws io.gramian.GramianException for more than 8 dimensions
     */
    public static long export(Tensor tensor) {
        return made(tensor, false);
    }

    /**
     * A DLManagedTensorVersioned, version 1.0, over the memory of a tensor, for whoever calls its deleter.
     *
     * @return address of the structure
     * @throws IllegalArgumentException if the tensor is on a device that DLPack does not know
     * @throws io.gramian.GramianException for more than 8 dimensions
     */
    public static long exportVersioned(Tensor tensor) {
        return made(tensor, true);
    }

    /**
     * Calls the deleter of a structure that was made here or elsewhere, and not handed on.
     *
     * @param managed address of the structure
     * @param versioned whether it is a DLManagedTensorVersioned
     * @throws IllegalArgumentException if it is null
     */
    public static void delete(long managed, boolean versioned) {
        checkNotNull(managed, versioned);
        Exchange.delete(managed, versioned);
    }

    private static Tensor taken(long managed, boolean versioned, boolean onlyRead) {
        checkNotNull(managed, versioned);
        Described found = Described.of(Exchange.read(managed, versioned));
        if ((found.flags() & READ_ONLY) != 0 && !onlyRead) {
            throw new IllegalArgumentException(
                    "flags: expected memory that may be written, got a read-only tensor; say that"
                            + " it is only read, or copy it before it is exported");
        }
        DType dtype = dtype(found);
        found.checkLayout();
        Device device = device(found);
        Runnable released = () -> Exchange.delete(managed, versioned);
        return Tensor.wrap(device, found.address(), dtype, released, found.sizes());
    }

    private static void checkNotNull(long managed, boolean versioned) {
        if (managed == 0) {
            throw new IllegalArgumentException("expected the address of a DLManagedTensor"
                    + (versioned ? "Versioned" : "") + ", got null; a capsule that was used before has none");
        }
    }

    private static DType dtype(Described found) {
        if (found.lanes() != 1) {
            throw new IllegalArgumentException("dtype: expected elements of one lane, got " + found.lanes()
                    + "; export scalars, with one more dimension");
        }
        long bits = found.bits();
        if (found.code() == FLOAT && bits == 32) {
            return DType.FLOAT32;
        } else if (found.code() == FLOAT && bits == 64) {
            return DType.FLOAT64;
        } else if (found.code() == INT && bits == 32) {
            return DType.INT32;
        } else if (found.code() == INT && bits == 64) {
            return DType.INT64;
        } else if (found.code() == UINT && bits == 8) {
            return DType.UINT8;
        }
        throw new IllegalArgumentException("dtype: expected float32, float64, int32, int64 or uint8, got "
                + word(CODES, found.code()) + bits + "; convert it before it is exported");
    }

    private static Device device(Described found) {
        long type = found.deviceType();
        if (type == CPU || type == CUDA_HOST) {
            return Device.cpu();
        }
        if (type == CUDA || type == CUDA_MANAGED) {
            return Device.cuda(Math.toIntExact(found.device()));
        }
        throw new IllegalArgumentException("device: expected memory of the CPU or of CUDA, got " + word(DEVICES, type)
                + "; copy it there before it is exported");
    }

    private static String word(String[] words, long index) {
        return index >= 0 && index < words.length ? words[(int) index] : "unknown (" + index + ")";
    }

    private static long made(Tensor tensor, boolean versioned) {
        String device = tensor.device().toString();
        boolean cuda = device.startsWith("cuda:");
        if (!cuda && !device.equals("cpu")) {
            throw new IllegalArgumentException("expected a tensor on the CPU or a CUDA device, got " + tensor
                    + ", of which DLPack has no name; copy it to one with copyFrom");
        }
        int index = cuda ? Integer.parseInt(device.substring("cuda:".length())) : 0;
        if (tensor.dtype() == DType.BFLOAT16) {
            throw new IllegalArgumentException("expected float32, float64, int32, int64 or uint8, got " + tensor
                    + "; convert it to float32, which is exact");
        }
        int code = tensor.dtype() == DType.UINT8
                ? UINT
                : tensor.dtype() == DType.FLOAT32 || tensor.dtype() == DType.FLOAT64 ? FLOAT : INT;
        return Exchange.make(tensor, cuda ? CUDA : CPU, index, code, versioned);
    }
}
