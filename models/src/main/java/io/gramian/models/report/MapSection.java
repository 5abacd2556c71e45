package io.gramian.models.report;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Map of test embeddings: points coloured by class, with the image of a point on hover. */
final class MapSection {
    private static final int MOST_POINTS = 2000;
    private static final double WIDTH = 760;
    private static final double HEIGHT = 620;
    private static final double MARGIN = 16;
    /** Raw bytes of all pictures in the page; base64 and compression leave about as much. */
    private static final int PICTURE_BYTES = 1_600_000;

    private static final int SPRITE_COLUMNS = 40;

    private final RunData.Embeddings embeddings;
    private final RunData.@Nullable Images images;
    private final ClassNames names;
    private final int[] rows;
    private final int pictures;

    MapSection(RunData.Embeddings embeddings, RunData.@Nullable Images images, ClassNames names) {
        this.embeddings = embeddings;
        this.images = images;
        this.names = names;
        int points = Math.min(MOST_POINTS, embeddings.count());
        // evenly spread over the test set, which may be sorted by class
        this.rows = IntStream.range(0, points)
                .map(i -> (int) ((long) i * embeddings.count() / points))
                .filter(this::isFinite)
                .toArray();
        this.pictures = images == null ? 0 : pictures(images);
    }

    /** How many points, from the first on, have a picture in the page. */
    private int pictures(RunData.Images available) {
        int size = available.height() * available.width() * available.channels();
        int most = Math.min(rows.length, PICTURE_BYTES / Math.max(1, size));
        return (int) IntStream.range(0, most)
                .takeWhile(i -> rows[i] < available.count())
                .count();
    }

    private boolean isFinite(int row) {
        for (int e = row * embeddings.d(); e < (row + 1) * embeddings.d(); e++) {
            if (!Float.isFinite(embeddings.values()[e])) {
                return false;
            }
        }
        return true;
    }

    boolean isEmpty() {
        return rows.length == 0;
    }

    int points() {
        return rows.length;
    }

    void write(Markup page) {
        int d = embeddings.d();
        float[] selected = new float[rows.length * d];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(embeddings.values(), rows[i] * d, selected, i * d, d);
        }
        double[][] map = TsneMap.of(selected, rows.length, d);
        Axis x = axis(map[0], MARGIN, WIDTH - MARGIN);
        Axis y = axis(map[1], HEIGHT - MARGIN, MARGIN);
        int[] classes = Arrays.stream(rows)
                .map(row -> embeddings.labels()[row])
                .distinct()
                .sorted()
                .toArray();
        page.open("div", "class=\"keys\"");
        for (int label : classes) {
            page.raw("<button type=\"button\" data-class=\"" + label + "\"><i style=\"background:" + Palette.of(label)
                            + "\"></i>")
                    .text(names.of(label))
                    .close("button");
        }
        page.close("div");
        page.open("svg", "class=\"map\" viewBox=\"0 0 760 620\" role=\"img\" aria-label=\"Map of test embeddings\"");
        for (int label : classes) {
            page.open("g", "data-class=\"" + label + "\" fill=\"" + Palette.of(label) + "\"");
            for (int i = 0; i < rows.length; i++) {
                if (embeddings.labels()[rows[i]] == label) {
                    point(page, i, x.at(map[0][i]), y.at(map[1][i]));
                }
            }
            page.close("g");
        }
        for (int label : classes) {
            label(page, label, x.at(median(map[0], label)), y.at(median(map[1], label)));
        }
        page.close("svg");
        if (images != null && pictures > 0) {
            sprite(page, images);
        }
    }

    private void point(Markup page, int i, double x, double y) {
        page.open(
                        "circle",
                        Markup.attribute("cx", x) + Markup.attribute("cy", y) + "r=\"3.2\""
                                + (i < pictures ? " data-i=\"" + i + "\"" : ""))
                .element("title", "", names.of(embeddings.labels()[rows[i]]) + ", test image " + rows[i])
                .close("circle");
    }

    private void label(Markup page, int label, double x, double y) {
        String name = names.of(label);
        double half = name.length() * 4.6 + 6;
        double inside = Math.max(half, Math.min(WIDTH - half, x));
        page.element(
                "text",
                "class=\"place\" text-anchor=\"middle\" " + Markup.attribute("x", inside) + Markup.attribute("y", y + 5)
                        + "data-class=\"" + label + "\"",
                name);
    }

    private double median(double[] values, int label) {
        double[] own = IntStream.range(0, rows.length)
                .filter(i -> embeddings.labels()[rows[i]] == label)
                .mapToDouble(i -> values[i])
                .sorted()
                .toArray();
        return own[own.length / 2];
    }

    private static Axis axis(double[] values, double start, double end) {
        return Axis.linear(
                Arrays.stream(values).min().orElse(0),
                Arrays.stream(values).max().orElse(0),
                start,
                end);
    }

    /** All pictures in one image, of which the page shows one tile at a time. */
    private void sprite(Markup page, RunData.Images source) {
        int lines = (pictures + SPRITE_COLUMNS - 1) / SPRITE_COLUMNS;
        int rowBytes = source.width() * source.channels();
        byte[] sheet = new byte[lines * source.height() * SPRITE_COLUMNS * rowBytes];
        for (int i = 0; i < pictures; i++) {
            byte[] image = source.image(rows[i]);
            for (int y = 0; y < source.height(); y++) {
                int at = ((i / SPRITE_COLUMNS * source.height() + y) * SPRITE_COLUMNS + i % SPRITE_COLUMNS) * rowBytes;
                System.arraycopy(image, y * rowBytes, sheet, at, rowBytes);
            }
        }
        String uri = Png.dataUri(sheet, lines * source.height(), SPRITE_COLUMNS * source.width(), source.channels());
        page.raw(
                "<div class=\"peek\" hidden=\"\" data-width=\"" + source.width() + "\" data-height=\"" + source.height()
                        + "\" data-columns=\"" + SPRITE_COLUMNS + "\" data-lines=\"" + lines
                        + "\"><i style=\"background-image:url(" + uri
                        + ")\"></i><b></b></div>");
    }
}
