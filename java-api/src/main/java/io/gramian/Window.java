package io.gramian;

/**
 * A tensor over memory that the caller owns, and that may be elsewhere from call to call: moving it makes no object. Views of
 * the tensor stay where they were made. Not for several threads at once.
 */
public final class Window {
    private final Tensor tensor;

    /** A window that stands nowhere yet; its tensor belongs to no scope. */
    public Window(Device device, DType dtype, long... sizes) {
        this.tensor = Scope.detach(Tensor.unplaced(device, dtype, sizes));
    }

    /** The tensor, over the memory of the last {@link #moveTo}. */
    public Tensor tensor() {
        return tensor;
    }

    /**
     * Puts the tensor over other memory of its device, which the caller keeps alive.
     *
     * @param address of the first element; trusted
     * @throws IllegalArgumentException if it is null or not a multiple of the size of an element; nothing is moved then
     */
    public void moveTo(long address) {
        tensor.place(address);
    }
}
