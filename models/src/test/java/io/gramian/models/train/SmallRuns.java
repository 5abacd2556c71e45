package io.gramian.models.train;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Data sets and configurations of runs that take a second. */
final class SmallRuns {
    private SmallRuns() {}

    /** Writes images of noise; returns the name of the data set. */
    static String noise(Path folder, int count, int side) throws IOException {
        byte[] pixels = new byte[count * side * side];
        new Random(3).nextBytes(pixels);
        return images(folder, side, pixels);
    }

    /** Writes square images of one channel, of two classes by turns; returns the name of the data set. */
    static String images(Path folder, int side, byte[] pixels) throws IOException {
        int count = pixels.length / side / side;
        ByteBuffer images = ByteBuffer.allocate(16 + pixels.length);
        images.putInt(0x803).putInt(count).putInt(side).putInt(side).put(pixels);
        Files.write(folder.resolve("images"), images.array());
        ByteBuffer labels = ByteBuffer.allocate(8 + count);
        labels.putInt(0x801).putInt(count);
        for (int i = 0; i < count; i++) {
            labels.put((byte) (i % 2));
        }
        Files.write(folder.resolve("labels"), labels.array());
        return "idx:" + folder.resolve("images") + "," + folder.resolve("labels");
    }

    /** The configuration of {@code NAME key=value ...} over other settings. */
    static TrainConfig config(String text, String data, String... settings) {
        String[] words = text.split(" ");
        ConfigResolver resolver =
                new ConfigResolver().option("--method", "method", words[0]).option("--data", "data", data);
        Arrays.stream(settings).forEach(resolver::assignment);
        Arrays.stream(words).skip(1).forEach(resolver::assignment);
        return resolver.resolve();
    }
}
