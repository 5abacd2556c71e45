package io.gramian.jni;

import org.bytedeco.javacpp.FunctionPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Platform;

/** The C function of dlpack.h that is written in Java. */
@Platform(value = "linux-x86_64", include = "gramian/dlpack_call.h", compiler = "cpp17", library = "jniDlPackRelease")
public final class DlPackRelease {
    static {
        Loader.load();
    }

    private DlPackRelease() {}

    /** A {@code gramian_released}: override {@link #call}. Keep it for as long as a tensor lives that was made with it. */
    public static class Function extends FunctionPointer {
        static {
            Loader.load();
        }

        /** Makes a C function that calls this object. */
        protected Function() {
            allocate();
        }

        private native void allocate();

        /** What the C function does, on the thread that deletes the tensor. */
        public native void call(@Cast("int64_t") long state);
    }

    /** Address of the C function. */
    public static long address(Function function) {
        return gramian_released_address(function);
    }

    private static native @Cast("int64_t") long gramian_released_address(Function function);
}
