package io.gramian.models.backbone;

import io.gramian.autograd.Variable;
import io.gramian.autograd.function.AveragePool;
import io.gramian.autograd.nn.Module;

/**
 * What is kept after training: images (n, h, w, c) to feature maps and features; unless a network says otherwise, features are
 * the mean of the maps over height and width.
 */
public abstract class Backbone extends Module {
    /** For subclasses. */
    protected Backbone() {}

    /** Channels of the images. */
    public abstract int channels();

    /** Width of the features. */
    public abstract int features();

    /** Feature maps (n, h', w', {@link #features}) of images (n, h, w, c). */
    public abstract Variable maps(Variable x);

    /** Features (n, {@link #features}) of images (n, h, w, c). */
    @Override
    public Variable forward(Variable x) {
        return AveragePool.global(maps(x));
    }
}
