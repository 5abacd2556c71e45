package io.gramian.dlpack;

import java.util.Arrays;

/**
 * What a DLPack structure says about its tensor.
 *
 * @param data address before the offset
 * @param deviceType DLDeviceType
 * @param device number of the device
 * @param code DLDataTypeCode
 * @param bits of an element
 * @param lanes of an element
 * @param byteOffset of the first element
 * @param flags of a versioned one
 * @param sizes of the dimensions
 * @param strides in elements; none for row-major
 */
record Described(
        long data,
        long deviceType,
        long device,
        long code,
        long bits,
        long lanes,
        long byteOffset,
        long flags,
        long[] sizes,
        long[] strides) {
    private static final int SIZES = 12;
    private static final int STRIDES = 20;

    /** Of the numbers of {@link io.gramian.backend.Exchange#read}. */
    static Described of(long[] numbers) {
        int dimensions = (int) numbers[3];
        boolean strided = numbers[11] != 0;
        return new Described(
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[4],
                numbers[5],
                numbers[6],
                numbers[7],
                numbers[8],
                Arrays.copyOfRange(numbers, SIZES, SIZES + dimensions),
                strided ? Arrays.copyOfRange(numbers, STRIDES, STRIDES + dimensions) : new long[0]);
    }

    /** Address of the first element; 0 where there is none. */
    long address() {
        return data == 0 ? 0 : data + byteOffset;
    }

    /** Row-major and contiguous; strides of dimensions of one element, and of empty tensors, do not matter. */
    void checkLayout() {
        if (byteOffset < 0) {
            throw new IllegalArgumentException("byte_offset: expected at least 0, got " + byteOffset);
        }
        long stride = 1;
        boolean right = true;
        boolean empty = Arrays.stream(sizes).anyMatch(size -> size == 0);
        for (int axis = sizes.length - 1; axis >= 0 && strides.length > 0; axis--) {
            right &= sizes[axis] == 1 || strides[axis] == stride;
            stride *= Math.max(1, sizes[axis]);
        }
        if (!right && !empty) {
            throw new IllegalArgumentException("strides: expected row-major elements without gaps, got "
                    + Arrays.toString(strides) + " for sizes " + Arrays.toString(sizes)
                    + "; make it contiguous before it is exported");
        }
    }
}
