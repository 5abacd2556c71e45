package io.gramian;

import java.util.Arrays;

/** Sizes of a tensor, outermost first. Immutable. */
public final class Shape {
    /** The bytes of as many elements of any type are a long. */
    private static final long MOST_ELEMENTS = Long.MAX_VALUE / Long.BYTES;

    private final long[] sizes;
    private final long elements;

    private Shape(long[] sizes) {
        this.sizes = sizes;
        long product = 1;
        for (long size : sizes) {
            if (size < 0) {
                throw new IllegalArgumentException("expected sizes of at least 0, got " + Arrays.toString(sizes));
            }
            if (size > 0 && product > MOST_ELEMENTS / size) {
                throw new IllegalArgumentException(
                        "expected at most " + MOST_ELEMENTS + " elements, got sizes " + Arrays.toString(sizes));
            }
            product *= size;
        }
        this.elements = product;
    }

    /** Shape with these sizes; none of them for a scalar. */
    public static Shape of(long... sizes) {
        return new Shape(sizes.clone());
    }

    /** Number of axes. */
    public int rank() {
        return sizes.length;
    }

    /** Size of an axis; negative axes count from the end. */
    public long size(int axis) {
        return sizes[axis < 0 ? axis + sizes.length : axis];
    }

    /** Number of elements. */
    public long elements() {
        return elements;
    }

    /** A copy of the sizes. */
    public long[] toArray() {
        return sizes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    /** As in {@code (256, 128)}. */
    @Override
    public String toString() {
        String list = Arrays.toString(sizes);
        return "(" + list.substring(1, list.length() - 1) + ")";
    }
}
