package io.gramian.models.report;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Grids of images: nearest neighbours of test images, and views that the augmentation made. */
final class ImageSections {
    private static final int QUERIES = 10;
    private static final int NEIGHBOURS = 8;
    private static final int AUGMENTED = 6;

    private ImageSections() {}

    /** How many of the shown neighbours have the class of their query. */
    record Tally(int same, int all) {}

    /** The first test image of each class, with its nearest neighbours by cosine among the other test images. */
    static Tally neighbours(Markup page, RunData.Embeddings embeddings, RunData.Images images, ClassNames names) {
        int count = Math.min(images.count(), embeddings.count());
        float[] unit = Principal.unitRows(embeddings.values(), embeddings.count(), embeddings.d());
        List<Integer> queries = IntStream.range(0, count)
                .boxed()
                .collect(Collectors.toMap(i -> embeddings.labels()[i], i -> i, (a, b) -> a))
                .entrySet()
                .stream()
                .sorted(Map.Entry.comparingByKey())
                .map(Map.Entry::getValue)
                .limit(QUERIES)
                .toList();
        int same = 0;
        int all = 0;
        page.open("div", "class=\"grid\"");
        for (int query : queries) {
            int label = embeddings.labels()[query];
            page.open("div", "class=\"row\"");
            picture(page, images, query, "query", names.of(label) + ", test image " + query);
            for (int other : nearest(unit, embeddings.d(), count, query)) {
                boolean right = embeddings.labels()[other] == label;
                same += right ? 1 : 0;
                all++;
                picture(
                        page,
                        images,
                        other,
                        right ? "right" : "wrong",
                        names.of(embeddings.labels()[other]) + ", test image " + other);
            }
            page.element("span", "", names.of(label)).close("div");
        }
        page.close("div");
        return new Tally(same, all);
    }

    private static List<Integer> nearest(float[] unit, int d, int count, int query) {
        float[] similarity = new float[count];
        for (int i = 0; i < count; i++) {
            float dot = 0;
            for (int e = 0; e < d; e++) {
                dot += unit[i * d + e] * unit[query * d + e];
            }
            similarity[i] = Float.isNaN(dot) ? -2 : dot;
        }
        Stream<Integer> others =
                IntStream.range(0, count).filter(i -> i != query).boxed();
        return others.sorted(Comparator.comparingDouble((Integer i) -> -similarity[i]))
                .limit(NEIGHBOURS)
                .toList();
    }

    /** Training images, each followed by its views. */
    static void augmented(Markup page, RunData.Images images) {
        page.open("div", "class=\"grid pairs\"");
        for (int i = 0; i < Math.min(AUGMENTED, images.count() / images.group()); i++) {
            page.open("div", "class=\"row\"");
            for (int v = 0; v < images.group(); v++) {
                picture(
                        page,
                        images,
                        i * images.group() + v,
                        v == 0 ? "query" : "view",
                        v == 0 ? "image" : "view " + v);
            }
            page.close("div");
        }
        page.close("div");
    }

    private static void picture(Markup page, RunData.Images images, int index, String kind, String title) {
        String sign = kind.equals("right") ? "same class: " : kind.equals("wrong") ? "other class: " : "";
        page.raw("<img class=\"" + kind + "\" alt=\"" + Markup.escape(sign + title) + "\" title=\""
                + Markup.escape(sign + title) + "\" src=\""
                + Png.dataUri(images.image(index), images.height(), images.width(), images.channels()) + "\"/>");
    }
}
