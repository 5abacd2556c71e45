package io.gramian.models.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.models.Mutations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
    @TempDir
    Path folder;

    private final Device device = Device.cpu();

    @Test
    void writesWhatNumpyWrites() throws IOException {
        Path file = folder.resolve("a.npy");
        try (Scope scope = Scope.open()) {
            Npy.write(file, Tensor.of(device, new float[] {1, 2, 3}, 3, 1));
        }
        byte[] bytes = Files.readAllBytes(file);
        assertThat(bytes).hasSize(128 + 12);
        assertThat(new String(bytes, 10, 118, StandardCharsets.US_ASCII))
                .isEqualTo("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1), }" + " ".repeat(58) + "\n");
        assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getFloat(132))
                .isEqualTo(2f);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "BFLOAT16")
    void readsBackEveryType(DType dtype) {
        Path file = folder.resolve("b.npy");
        try (Scope scope = Scope.open()) {
            for (long[] sizes : new long[][] {{}, {0}, {5}, {3, 4}, {2, 0, 3}, {2, 3, 2, 1}, {700, 513}}) {
                Tensor tensor = Tensor.empty(device, dtype, sizes);
                ByteBuffer bytes = ByteBuffer.allocate((int) tensor.bytes());
                for (int i = 0; i < bytes.capacity(); i++) {
                    bytes.put(i, (byte) (i * 31 + 7));
                }
                tensor.putBytes(0, bytes);
                Npy.write(file, tensor);
                Tensor read = Npy.read(device, file);
                assertThat(read.dtype()).isEqualTo(dtype);
                assertThat(read.shape()).isEqualTo(Shape.of(sizes));
                ByteBuffer back = ByteBuffer.allocate(bytes.capacity());
                read.getBytes(0, back);
                assertThat(back.array()).isEqualTo(bytes.array());
            }
        }
    }

    @Test
    void bfloat16IsWidenedFirst() {
        try (Tensor tensor = Tensor.empty(device, DType.BFLOAT16, 2)) {
            assertThatThrownBy(() -> Npy.write(folder.resolve("b.npy"), tensor))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected a type that NumPy has, got BFLOAT16;"
                            + " write FLOAT32, into which it converts exactly");
        }
        assertThat(folder.resolve("b.npy")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void readsEveryVersionAndAnyOrderOfKeys(int version) throws IOException {
        Path file = folder.resolve("c.npy");
        Files.write(file, npy(version, "{\"shape\": (2,), 'descr': '<i4', 'fortran_order': True}\n", 8));
        try (Scope scope = Scope.open()) {
            assertThat(Npy.read(device, file).toInts()).containsExactly(0, 0);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
            {'descr': '>f4', 'fortran_order': False, 'shape': (2,), }           | 8  | got '>f4'; save it with numpy.save
            {'descr': '<f2', 'fortran_order': False, 'shape': (2,), }           | 4  | expected type <f4
            {'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }          | 8  | Fortran order; save it with
            {'descr': '<f4', 'fortran_order': False, 'shape': (2,), }           | 7  | expected 8 bytes of data for its shape, got 7; the file is cut off
            {'descr': '<f4', 'fortran_order': False, 'shape': (2,), }           | 9  | the file is too long
            {'descr': '<f4', 'fortran_order': False, 'shape': (999999999999,9999999999), } | 8 | more elements than any file
            {'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), } | 8 | no size
            {'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }          | 8  | no size
            {'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), } | 8 | repeated key 'descr'
            {'descr': '<f4', 'fortran_order': False, }                          | 8  | something else
            {'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }  | 8  | structured types
            """)
    void refusesWhatItCannotRead(String header, int dataBytes, String message) throws IOException {
        Path file = folder.resolve("d.npy");
        Files.write(file, npy(1, header, dataBytes));
        assertThatThrownBy(() -> Npy.read(device, file))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("d.npy: ")
                .hasMessageContaining(message);
    }

    @Test
    void saysThatThereIsNoFile() {
        assertThatThrownBy(() -> Npy.read(device, folder.resolve("none.npy")))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("there is none");
    }

    @Test
    void survivesDamage() throws IOException {
        byte[] valid = npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 24);
        int refused = Mutations.survive(valid, folder.resolve("e.npy"), 1, 3000, file -> Npy.read(device, file)
                .close());
        assertThat(refused).isBetween(1000, 2999);
    }

    private static byte[] npy(int version, String header, int dataBytes) {
        int lengthBytes = version == 1 ? 2 : 4;
        ByteBuffer bytes = ByteBuffer.allocate(8 + lengthBytes + header.length() + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        if (version == 1) {
            bytes.putShort((short) header.length());
        } else {
            bytes.putInt(header.length());
        }
        bytes.put(header.getBytes(StandardCharsets.US_ASCII));
        return bytes.array();
    }
}
