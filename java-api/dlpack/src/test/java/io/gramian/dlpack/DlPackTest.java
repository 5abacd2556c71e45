package io.gramian.dlpack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Exchange;
import io.gramian.backend.Memory;
import io.gramian.loss.NtXent;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors out, and in again, and structures that were changed in between; libraries of others are in NumPyTest. */
class DlPackTest {
    private static final int DEVICE_TYPE = 8;
    private static final int DIMENSIONS = 16;
    private static final int CODE_BITS_LANES = 20;
    private static final int STRIDES = 32;
    private static final int BYTE_OFFSET = 40;

    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();
    private final int before = Exchange.exported();

    @AfterEach
    void free() {
        scope.close();
        assertThat(Exchange.exported()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void outAndInIsTheSameMemory(boolean versioned) {
        Memory.Statistics empty = device.backend().memory().statistics();
        Tensor z = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        long managed = versioned ? DlPack.exportVersioned(z) : DlPack.export(z);
        Tensor back = versioned ? DlPack.versionedTensor(managed, false) : DlPack.tensor(managed);
        assertThat(back.address()).isEqualTo(z.address());
        assertThat(back.shape()).isEqualTo(z.shape());
        assertThat(back.dtype()).isEqualTo(DType.FLOAT32);
        assertThat(back.device()).isSameAs(device);
        z.close();
        assertThat(back.toFloats()).containsExactly(1, 2, 3, 4, 5, 6); // the structure keeps the memory
        Tensor row = back.rows(1, 2);
        back.close();
        assertThat(Exchange.exported()).isEqualTo(before + 1);
        assertThat(row.toFloats()).containsExactly(4, 5, 6);
        row.close(); // the last view: now the deleter is called
        assertThat(Exchange.exported()).isEqualTo(before);
        row.close();
        assertThat(device.backend().memory().statistics().liveBlocks()).isEqualTo(empty.liveBlocks());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "BFLOAT16")
    void everyType(DType dtype) {
        Tensor z = Tensor.empty(device, dtype, 3, 1, 2);
        Tensor back = DlPack.tensor(DlPack.export(z));
        assertThat(back.dtype()).isEqualTo(dtype);
        assertThat(back.shape()).isEqualTo(z.shape());
        Tensor nothing = DlPack.tensor(DlPack.export(Tensor.empty(device, dtype, 0, 5)));
        assertThat(nothing.elements()).isZero();
        Tensor scalar = DlPack.tensor(DlPack.export(Tensor.empty(device, dtype)));
        assertThat(scalar.shape().rank()).isZero();
    }

    @Test
    void bfloat16IsWidenedFirst() {
        Tensor z = Tensor.empty(device, DType.BFLOAT16, 3, 2);
        assertThatThrownBy(() -> DlPack.export(z))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected float32, float64, int32, int64 or uint8, got BFLOAT16 (3, 2) on cpu;"
                        + " convert it to float32, which is exact");
    }

    @Test
    void aLossOnForeignMemory() {
        Tensor a = Tensor.of(device, new float[] {1, 0, 0.5f, 2}, 2, 2);
        Tensor b = Tensor.of(device, new float[] {1, 0.1f, 0.5f, 1}, 2, 2);
        double expected = NtXent.defaults().value(List.of(a, b));
        try (Tensor x = DlPack.tensor(DlPack.export(a));
                Tensor y = DlPack.tensor(DlPack.export(b))) {
            assertThat(NtXent.defaults().value(List.of(x, y))).isEqualTo(expected);
        }
    }

    @Test
    void anyThreadMayDelete() throws Exception {
        long pointers = 0;
        ExecutorService others = Executors.newFixedThreadPool(3);
        for (int round = 0; round < 50; round++) {
            Tensor z = Tensor.zeros(device, 100);
            long first = DlPack.export(z);
            long second = DlPack.exportVersioned(z);
            z.close();
            others.submit(() -> DlPack.delete(first, false)).get();
            others.submit(() -> DlPack.delete(second, true)).get();
            pointers = round == 3 ? Pointer.totalCount() : pointers;
        }
        others.shutdown();
        assertThat(others.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(Exchange.exported()).isEqualTo(before);
        assertThat(Pointer.totalCount()).isEqualTo(pointers);
    }

    @Test
    void aTensorOfAScopeOutlivesItWhenExported() {
        long managed;
        try (Scope inner = Scope.open()) {
            managed = DlPack.export(Tensor.of(device, new float[] {7, 8}, 2));
        }
        assertThat(DlPack.tensor(managed).toFloats()).containsExactly(7, 8);
    }

    @Test
    void whatCannotBeTakenStaysWithTheCaller() {
        refused(DEVICE_TYPE, 10, "device: expected memory of the CPU or of CUDA, got ROCm; copy it there");
        refused(DEVICE_TYPE, 99, "got unknown (99)");
        refused(
                CODE_BITS_LANES,
                2 | 16 << 8 | 1 << 16,
                "dtype: expected float32, float64, int32, int64 or uint8, got float16");
        refused(CODE_BITS_LANES, 4 | 16 << 8 | 1 << 16, "got bfloat16; convert it before it is exported");
        refused(CODE_BITS_LANES, 2 | 32 << 8 | 4 << 16, "dtype: expected elements of one lane, got 4");
        refused(BYTE_OFFSET, 2, "expected the address of (2, 3) FLOAT32 at a multiple of 4 bytes");
        refused(BYTE_OFFSET, -4, "byte_offset: expected at least 0, got -4");
        refused(DIMENSIONS, 9, "a DLPack tensor of 9 dimensions, expected from 0 to 8");
        refused(DIMENSIONS, -1, "a DLPack tensor of -1 dimensions");
        refused(0, 0, "expected the address of (2, 3) FLOAT32, got null");
    }

    /** Exports a tensor, overwrites 4 or 8 bytes of the structure, and expects this message. */
    private void refused(int offset, long value, String message) {
        Tensor z = Tensor.zeros(device, 2, 3);
        long managed = DlPack.export(z);
        boolean wide = offset == BYTE_OFFSET || offset == 0;
        long at = managed + offset;
        long old = wide ? longs(at).get(0) : ints(at).get(0);
        set(at, value, wide);
        assertThatThrownBy(() -> DlPack.tensor(managed))
                .isInstanceOfAny(IllegalArgumentException.class, GramianException.class)
                .hasMessageContaining(message);
        assertThat(Exchange.exported()).isEqualTo(before + 1);
        set(at, old, wide);
        DlPack.tensor(managed).close();
    }

    @Test
    void stridesAreRowMajor() {
        Tensor z = Tensor.of(device, new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
        long managed = DlPack.export(z);
        LongPointer strides = longs(longs(managed + STRIDES).get(0));
        assertThat(strides.get(0)).isEqualTo(3);
        strides.put(0, 1).put(1, 2); // column-major
        assertThatThrownBy(() -> DlPack.tensor(managed))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("strides: expected row-major elements without gaps, got [1, 2] for sizes [2, 3]; make it"
                        + " contiguous before it is exported");
        longs(managed + STRIDES).put(0, 0); // none: row-major by definition
        longs(managed + BYTE_OFFSET).put(0, 0);
        assertThat(DlPack.tensor(managed).toFloats()).containsExactly(0, 1, 2, 3, 4, 5);

        Tensor column = Tensor.of(device, new float[] {6, 7}, 2, 1);
        long thin = DlPack.export(column);
        longs(longs(thin + STRIDES).get(0)).put(1, 77); // of one element: no matter
        assertThat(DlPack.tensor(thin).toFloats()).containsExactly(6, 7);
    }

    @Test
    void offsetsAreAdded() {
        Tensor z = Tensor.of(device, new float[] {0, 1, 2, 3, 4, 5}, 6);
        long managed = DlPack.export(z.rows(0, 4));
        longs(managed + BYTE_OFFSET).put(0, 8);
        assertThat(DlPack.tensor(managed).toFloats()).containsExactly(2, 3, 4, 5);
    }

    @Test
    void versionsAndFlags() {
        long managed = DlPack.exportVersioned(Tensor.zeros(device, 2));
        set(managed, 2, false);
        assertThatThrownBy(() -> DlPack.versionedTensor(managed, false))
                .isInstanceOf(GramianException.class)
                .hasMessageStartingWith("a DLPack tensor of version 2.0, expected 1.x");
        set(managed, 1, false);
        longs(managed + 24).put(0, 1);
        assertThatThrownBy(() -> DlPack.versionedTensor(managed, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got a read-only tensor");
        assertThat(DlPack.versionedTensor(managed, true).toFloats()).containsExactly(0, 0);
    }

    @Test
    void nothingIsNull() {
        for (boolean versioned : new boolean[] {false, true}) {
            String message =
                    "expected the address of a DLManagedTensor" + (versioned ? "Versioned" : "") + ", got null";
            assertThatThrownBy(() -> DlPack.delete(0, versioned))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(message);
            assertThatThrownBy(() -> {
                        if (versioned) {
                            DlPack.versionedTensor(0, true);
                        } else {
                            DlPack.tensor(0);
                        }
                    })
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(message);
        }
        assertThatThrownBy(() -> DlPack.export(Tensor.zeros(device, 1, 1, 1, 1, 1, 1, 1, 1, 1)))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("a tensor of 9 dimensions, expected at most 8");
        Tensor closed = Tensor.zeros(device, 2);
        closed.close();
        assertThatThrownBy(() -> DlPack.export(closed)).isInstanceOf(IllegalStateException.class);
    }

    private static void set(long at, long value, boolean wide) {
        if (wide) {
            longs(at).put(0, value);
        } else {
            ints(at).put(0, (int) value);
        }
    }

    private static LongPointer longs(long at) {
        return new LongPointer() {
            {
                address = at;
            }
        };
    }

    private static org.bytedeco.javacpp.IntPointer ints(long at) {
        return new org.bytedeco.javacpp.IntPointer() {
            {
                address = at;
            }
        };
    }
}
