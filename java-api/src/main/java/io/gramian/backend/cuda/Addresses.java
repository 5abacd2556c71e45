package io.gramian.backend.cuda;

import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/** JavaCPP pointers over addresses of a device: what the presets take. */
final class Addresses {
    private Addresses() {}

    static Pointer of(long at) {
        return new Pointer() {
            {
                address = at;
            }
        };
    }

    static IntPointer ints(long at) {
        return new IntPointer() {
            {
                address = at;
            }
        };
    }

    static CUstream_st stream(long at) {
        return new CUstream_st(of(at));
    }
}
