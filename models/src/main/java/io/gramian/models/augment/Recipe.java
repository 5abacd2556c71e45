package io.gramian.models.augment;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Augmentations of the views of one image.
 *
 * @param name as in {@link Recipes#named}
 * @param views one for each view, or fewer: further views start again with the first
 */
public record Recipe(String name, List<Augmentation> views) {
    /** Checks that there is one. */
    public Recipe {
        views = List.copyOf(views);
        if (views.isEmpty()) {
            throw new IllegalArgumentException("recipe " + name + ": expected at least one view, got none");
        }
    }

    /** Augmentations of this many views. */
    public List<Augmentation> forViews(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("views: expected at least 1, got " + count);
        }
        return IntStream.range(0, count)
                .mapToObj(view -> views.get(view % views.size()))
                .toList();
    }

    /** With every view changed. */
    public Recipe map(UnaryOperator<Augmentation> change) {
        return new Recipe(name, views.stream().map(change).toList());
    }

    /** With the mean and standard deviation of a data set. */
    public Recipe withStatistics(List<Double> mean, List<Double> std) {
        return map(view -> view.withStatistics(mean, std));
    }
}
