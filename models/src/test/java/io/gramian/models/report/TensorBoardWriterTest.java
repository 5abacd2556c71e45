package io.gramian.models.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.models.format.ProtoMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardWriterTest {
    @TempDir
    Path folder;

    /** A field of a protobuf message: a number for varints, fixed64 and fixed32 bits, bytes for the rest. */
    private record Field(int number, long bits, byte[] bytes) {}

    @Test
    void crcIsTheOneOfTheStandardAndMaskedAsInTensorFlow() {
        byte[] zeros = new byte[32]; // RFC 3720, B.4: CRC32C of 32 zero bytes is 8a9136aa
        int crc = 0x8a9136aa;
        assertThat(RecordFile.maskedCrc(zeros, 0, 32)).isEqualTo(((crc >>> 15) | (crc << 17)) + 0xa282ead8);
    }

    @Test
    void bytesOfAVersionRecordAreThoseOfTensorFlow() throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochSecond(1_700_000_000L), ZoneOffset.UTC);
        try (TensorBoardWriter writer = TensorBoardWriter.create(folder, clock)) {
            assertThat(writer.path().getFileName().toString()).startsWith("events.out.tfevents.1700000000.");
            byte[] file = Files.readAllBytes(writer.path());
            ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            assertThat(buffer.getLong()).isEqualTo(file.length - 16);
            assertThat(buffer.position(12).get()).isEqualTo((byte) 0x09); // field 1, fixed64
            assertThat(buffer.getDouble()).isEqualTo(1.7e9);
            assertThat(buffer.getShort()).isEqualTo((short) 0x0010); // field 2, varint 0
            assertThat(buffer.getShort()).isEqualTo((short) 0x0d1a); // field 3, 13 bytes
            assertThat(new String(file, buffer.position(), 13, StandardCharsets.US_ASCII))
                    .isEqualTo("brain.Event:2");
        }
    }

    @Test
    void scalarsAndHistogramsComeBack() throws IOException {
        Path path;
        try (TensorBoardWriter writer = TensorBoardWriter.create(folder)) {
            path = writer.path();
            writer.scalar("train/loss", 300, 1.25);
            writer.scalar("train/\u00e4", 1L << 40, Double.NaN);
            writer.histogram("spectrum", 301, new double[] {3, 1, 2, Double.NaN, 1});
            writer.histogram("empty", 302, new double[] {Double.NaN});
        }
        List<byte[]> records = records(path);
        assertThat(records).hasSize(4);
        List<Field> event = fields(records.get(1));
        assertThat(event.get(1).bits()).isEqualTo(300);
        List<Field> value = fields(fields(event.get(2).bytes()).get(0).bytes());
        assertThat(value.get(0).bytes()).asString(StandardCharsets.UTF_8).isEqualTo("train/loss");
        assertThat(Float.intBitsToFloat((int) value.get(1).bits())).isEqualTo(1.25f);
        assertThat(fields(records.get(2)).get(1).bits()).isEqualTo(1L << 40);
        List<Field> histogram = fields(
                fields(fields(fields(records.get(3)).get(2).bytes()).get(0).bytes())
                        .get(1)
                        .bytes());
        assertThat(histogram.stream().limit(5).map(field -> Double.longBitsToDouble(field.bits())))
                .containsExactly(1.0, 3.0, 4.0, 7.0, 15.0);
        assertThat(doubles(histogram.get(5).bytes()).get(29)).isEqualTo(3.0);
        assertThat(doubles(histogram.get(6).bytes()).stream()
                        .mapToDouble(d -> d)
                        .sum())
                .isCloseTo(4, within(1e-12));
        assertThat(doubles(histogram.get(6).bytes()).get(0)).isEqualTo(2.0);
    }

    @Test
    void resumingCutsOffLaterStepsAndAHalfWrittenRecord() throws IOException {
        Path path;
        try (TensorBoardWriter writer = TensorBoardWriter.create(folder)) {
            path = writer.path();
            for (int step = 1; step <= 5; step++) {
                writer.scalar("loss", step, step);
            }
        }
        Files.write(path, new byte[] {24, 0, 0, 0, 0}, StandardOpenOption.APPEND);
        try (TensorBoardWriter writer = TensorBoardWriter.resume(folder, 3)) {
            assertThat(writer.path()).isEqualTo(path);
            writer.scalar("loss", 4, 40);
        }
        List<Long> steps = new ArrayList<>();
        for (byte[] record : records(path)) {
            steps.add(ProtoMessage.readInt64(record, 2, -1));
        }
        assertThat(steps).containsExactly(0L, 1L, 2L, 3L, 4L);
        try (TensorBoardWriter fresh = TensorBoardWriter.resume(folder.resolve("new"), 3)) {
            assertThat(fresh.path()).exists();
        }
    }

    @Test
    void aDamagedRecordEndsTheFile() throws IOException {
        Path path;
        try (TensorBoardWriter writer = TensorBoardWriter.create(folder)) {
            path = writer.path();
            writer.scalar("loss", 1, 1);
        }
        byte[] bytes = Files.readAllBytes(path);
        bytes[bytes.length - 6] ^= 1;
        Files.write(path, bytes);
        TensorBoardWriter.resume(folder, 9).close();
        assertThat(records(path)).hasSize(1);
    }

    private static List<byte[]> records(Path path) throws IOException {
        List<byte[]> records = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(path)) {
            long at = 0;
            for (byte[] record = RecordFile.next(channel, at); record != null; record = RecordFile.next(channel, at)) {
                records.add(record);
                at += record.length + 16L;
            }
            assertThat(at).isEqualTo(channel.size());
        }
        return records;
    }

    private static List<Field> fields(byte[] message) {
        List<Field> fields = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            int tag = (int) varint(buffer);
            switch (tag & 7) {
                case 0 -> fields.add(new Field(tag >> 3, varint(buffer), new byte[0]));
                case 1 -> fields.add(new Field(tag >> 3, buffer.getLong(), new byte[0]));
                case 5 -> fields.add(new Field(tag >> 3, buffer.getInt(), new byte[0]));
                default -> {
                    byte[] bytes = new byte[(int) varint(buffer)];
                    buffer.get(bytes);
                    fields.add(new Field(tag >> 3, 0, bytes));
                }
            }
        }
        return fields;
    }

    private static long varint(ByteBuffer buffer) {
        long value = 0;
        int shift = 0;
        byte next;
        do {
            next = buffer.get();
            value |= (next & 0x7fL) << shift;
            shift += 7;
        } while (next < 0);
        return value;
    }

    private static List<Double> doubles(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<Double> values = new ArrayList<>();
        while (buffer.hasRemaining()) {
            values.add(buffer.getDouble());
        }
        return values;
    }
}
