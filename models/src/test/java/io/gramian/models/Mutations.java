package io.gramian.models;

import static org.assertj.core.api.Assertions.fail;

import io.gramian.GramianException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Seeded damage to valid files: a reader may read the result or throw {@link GramianException}, nothing else. */
public final class Mutations {
    private static final long[] EXTREMES = {
        0, 1, -1, 0x7f, 0x80, 0x7fff_ffffL, 0x8000_0000L, Long.MAX_VALUE, Long.MIN_VALUE
    };

    private Mutations() {}

    /** Runs the reader over {@code count} mutants of a file; returns how many were refused. */
    public static int survive(byte[] valid, Path file, long seed, int count, Consumer<Path> reader) {
        int refused = 0;
        for (int mutant = 0; mutant < count; mutant++) {
            try {
                Files.write(file, mutate(valid, new SplittableRandom(seed * 1_000_003 + mutant)));
                reader.accept(file);
            } catch (GramianException expected) {
                refused++;
                if (expected.getMessage() == null || expected.getMessage().contains("\n")) {
                    fail("mutant %d of seed %d: expected one sentence, got: %s", mutant, seed, expected.getMessage());
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            } catch (Throwable other) {
                fail("mutant " + mutant + " of seed " + seed + " was neither read nor refused", other);
            }
        }
        return refused;
    }

    private static byte[] mutate(byte[] valid, SplittableRandom random) {
        byte[] bytes = valid.clone();
        // most fields that lie stand at the start
        int reach = random.nextBoolean() ? Math.min(bytes.length, 128) : bytes.length;
        int edits = 1 + random.nextInt(4);
        for (int edit = 0; edit < edits && bytes.length > 0; edit++) {
            int at = random.nextInt(Math.min(reach, bytes.length));
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
                case 3 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(40));
                case 4 -> extreme(bytes, at, random);
                default ->
                    Arrays.fill(
                            bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(16)), (byte) random.nextInt());
            }
        }
        return bytes;
    }

    private static void extreme(byte[] bytes, int at, SplittableRandom random) {
        long value = EXTREMES[random.nextInt(EXTREMES.length)];
        int width = 1 << random.nextInt(4);
        boolean big = random.nextBoolean();
        for (int i = 0; i < width && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >>> 8 * (big ? width - 1 - i : i));
        }
    }
}
