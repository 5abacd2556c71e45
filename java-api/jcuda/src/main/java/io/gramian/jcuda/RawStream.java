package io.gramian.jcuda;

import jcuda.NativePointerObject;
import jcuda.runtime.cudaStream_t;

/** The handle in a JCuda stream, which JCuda shows to subclasses alone. */
final class RawStream extends NativePointerObject {
    RawStream(cudaStream_t stream) {
        super(stream);
    }

    /** The {@code cudaStream_t}; 0 for the default stream. */
    long handle() {
        return getNativePointer();
    }
}
