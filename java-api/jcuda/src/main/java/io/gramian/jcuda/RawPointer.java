package io.gramian.jcuda;

import jcuda.Pointer;

/** The address in a JCuda pointer, which JCuda shows to subclasses alone; and a pointer with an address. */
final class RawPointer extends Pointer {
    /** To an address of a device. */
    RawPointer(long address) {
        super(address);
    }

    /** The same as another one, to look into. */
    RawPointer(Pointer other) {
        super(other);
    }

    /** Address on the device; 0 for null, and for arrays and buffers of the host, whatever their offset. */
    long address() {
        long base = getNativePointer();
        return base == 0 ? 0 : base + getByteOffset();
    }
}
