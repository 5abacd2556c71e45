package io.gramian.jni;

/** A device was asked for a kernel that it does not have. */
public final class MissingKernel extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String kernel;

    MissingKernel(String kernel) {
        super(kernel);
        this.kernel = kernel;
    }

    /** Name of the C function. */
    public String kernel() {
        return kernel;
    }
}
