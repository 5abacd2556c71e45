package io.gramian.backend;

import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.jni.CpuKernels;
import io.gramian.jni.DlPackRelease;
import io.gramian.jni.Kernels;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.LongPointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Structures of the DLPack protocol, by address: what gramian-dlpack is made of. Safe to use from any thread. */
public final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    private static final Kernels KERNELS = new CpuKernels();
    /** Numbers of {@link #read}; sizes begin at 12, strides at 20. */
    private static final int NUMBERS = Kernels.GRAMIAN_DLPACK_NUMBERS;

    /** Tensors that were exported and not deleted by who took them. */
    private static final Map<Long, Tensor> EXPORTED = new ConcurrentHashMap<>();

    private static final AtomicLong NEXT = new AtomicLong(1);
    private static final DlPackRelease.Function RELEASE = new DlPackRelease.Function() {
        @Override
        public void call(long state) {
            try {
                Tensor tensor = EXPORTED.remove(state);
                if (tensor != null) {
                    tensor.close();
                }
            } catch (RuntimeException e) { // nothing is thrown into the code of others
                LOG.error("an exported tensor could not be freed", e);
            }
        }
    };

    private Exchange() {}

    /**
     * What a DLManagedTensor says.
     *
     * @param managed its address, trusted unless null
     * @param versioned whether it is a DLManagedTensorVersioned
     * @return as {@code gramian_dlpack_read} writes it
     * @throws GramianException if it cannot be read: null, a version other than 1.x, more than 8 dimensions
     */
    public static long[] read(long managed, boolean versioned) {
        try (LongPointer numbers = new LongPointer(NUMBERS)) {
            check(KERNELS.gramian_dlpack_read(managed, versioned ? 1 : 0, numbers.address()));
            long[] values = new long[NUMBERS];
            numbers.get(values);
            return values;
        }
    }

    /** Calls the deleter of a DLManagedTensor, if it has one. */
    public static void delete(long managed, boolean versioned) {
        check(KERNELS.gramian_dlpack_delete(managed, versioned ? 1 : 0));
    }

    /**
     * Makes a DLManagedTensor that keeps the memory of a tensor until its deleter is called, by any thread; the tensor itself
     * may be closed before.
     *
     * @param deviceType 1 for the CPU, 2 for CUDA
     * @param code 0 for signed integers, 1 for unsigned ones, 2 for floating-point numbers
     * @return its address
     * @throws GramianException for more than 8 dimensions
     */
    public static long make(Tensor tensor, int deviceType, int device, int code, boolean versioned) {
        long[] sizes = tensor.shape().toArray();
        Tensor kept = Scope.detach(tensor.reshape(sizes));
        long state = NEXT.getAndIncrement();
        EXPORTED.put(state, kept);
        long managed = 0;
        try (LongPointer shape = new LongPointer(Math.max(1, sizes.length));
                LongPointer result = new LongPointer(1)) {
            shape.put(sizes, 0, sizes.length);
            check(KERNELS.gramian_dlpack_make(
                    kept.elements() == 0 ? 0 : kept.address(),
                    deviceType,
                    device,
                    code,
                    8 * kept.dtype().bytes(),
                    sizes.length,
                    shape.address(),
                    versioned ? 1 : 0,
                    DlPackRelease.address(RELEASE),
                    state,
                    result.address()));
            managed = result.get();
            return managed;
        } finally {
            if (managed == 0) {
                EXPORTED.remove(state);
                kept.close();
            }
        }
    }

    /** Exported tensors that nobody has deleted yet. */
    public static int exported() {
        return EXPORTED.size();
    }

    private static void check(int status) {
        if (status != Kernels.GRAMIAN_OK) {
            throw new GramianException(KERNELS.gramian_last_error().getString());
        }
    }
}
