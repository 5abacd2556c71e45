package io.gramian.golden;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Images of golden files, planes (channels, height, width), as {@code [height][width][channels]}; and rectangles. */
final class PixelPlanes {
    private PixelPlanes() {}

    static double[][][] image(GoldenArray planes) {
        int[] shape = planes.shape();
        double[][][] image = new double[shape[1]][shape[2]][shape[0]];
        for (int i = 0; i < planes.data().length; i++) {
            image[i / shape[2] % shape[1]][i % shape[2]][i / shape[2] / shape[1]] = planes.data()[i];
        }
        return image;
    }

    /** Pixel by pixel, as tensors have them. */
    static double[] flat(double[][][] image) {
        double[] values = new double[image.length * image[0].length * image[0][0].length];
        int at = 0;
        for (double[][] row : image) {
            for (double[] pixel : row) {
                for (double value : pixel) {
                    values[at++] = value;
                }
            }
        }
        return values;
    }

    /** Top, left, height and width. */
    static int[] box(JsonNode crop) {
        return new int[] {
            crop.path("top").asInt(),
            crop.path("left").asInt(),
            crop.path("height").asInt(),
            crop.path("width").asInt()
        };
    }

    /** Names of the operations whose results a case expects. */
    static List<String> operations(GoldenCase golden) {
        List<String> names = new ArrayList<>();
        golden.root().path("expected").fieldNames().forEachRemaining(names::add);
        return names;
    }
}
