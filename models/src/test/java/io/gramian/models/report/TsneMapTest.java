package io.gramian.models.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class TsneMapTest {
    @Test
    void pointsOfAClusterStayTogether() {
        int n = 240;
        int d = 12;
        Random random = new Random(2);
        float[] rows = new float[n * d];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (float) ((i % d == i / d % 4 ? 3 : 0) + 0.4 * random.nextGaussian());
        }
        double[][] map = TsneMap.of(rows, n, d);
        int same = 0;
        for (int i = 0; i < n; i++) {
            same += nearest(map, i) % 4 == i % 4 ? 1 : 0;
        }
        assertThat(same).isGreaterThan(n * 98 / 100);
        assertThat(TsneMap.of(rows, n, d)).isDeepEqualTo(map);
    }

    @Test
    void equalRowsZeroRowsAndFewRowsGiveFiniteCoordinates() {
        for (int n : new int[] {1, 3, 5, 40}) {
            for (float fill : new float[] {0, 1}) {
                float[] rows = new float[n * 3];
                Arrays.fill(rows, fill);
                for (double[] axis : TsneMap.of(rows, n, 3)) {
                    assertThat(axis).hasSize(n).matches(values -> Arrays.stream(values)
                            .allMatch(Double::isFinite));
                }
            }
        }
    }

    @Test
    void pngReadsBack() throws IOException {
        byte[] pixels = new byte[5 * 7 * 3];
        new Random(1).nextBytes(pixels);
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(Png.encode(pixels, 5, 7, 3)));
        for (int i = 0; i < 35; i++) {
            int rgb = (pixels[i * 3] & 255) << 16 | (pixels[i * 3 + 1] & 255) << 8 | pixels[i * 3 + 2] & 255;
            assertThat(image.getRGB(i % 7, i / 7) & 0xffffff).isEqualTo(rgb);
        }
    }

    private static int nearest(double[][] map, int i) {
        int best = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int j = 0; j < map[0].length; j++) {
            double distance = Math.hypot(map[0][i] - map[0][j], map[1][i] - map[1][j]);
            if (j != i && distance < least) {
                least = distance;
                best = j;
            }
        }
        return best;
    }
}
