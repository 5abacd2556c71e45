package io.gramian.jni;

import org.bytedeco.javacpp.FunctionPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Platform;

/** C functions of solver.h that are written in Java. */
@Platform(value = "linux-x86_64", include = "gramian/solver_call.h", compiler = "cpp17", library = "jniSolverCall")
public final class SolverCall {
    static {
        Loader.load();
    }

    private SolverCall() {}

    /** A {@code gramian_solve}: override {@link #call}, and lend the {@link #address}. Keep it for as long as it is lent. */
    public static class Function extends FunctionPointer {
        static {
            Loader.load();
        }

        /** Makes a C function that calls this object. */
        protected Function() {
            allocate();
        }

        private native void allocate();

        /** What the C function does; arguments and result as in solver.h. */
        public native @Cast("int32_t") int call(
                @Cast("int64_t") long state,
                @Cast("int32_t") int task,
                @Cast("int64_t") long batch,
                @Cast("int64_t") long n,
                @Cast("int64_t") long matrices,
                @Cast("int64_t") long values,
                @Cast("int64_t") long info);
    }

    /** Address of the C function. */
    public static long address(Function function) {
        return gramian_solve_address(function);
    }

    private static native @Cast("int64_t") long gramian_solve_address(Function function);
}
