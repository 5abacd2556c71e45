package io.gramian.models.backbone;

import io.gramian.autograd.Variable;
import io.gramian.autograd.function.AveragePool;
import io.gramian.autograd.nn.Module;

/** What is kept after training: images (n, h, w, c) to feature maps, whose mean over height and width are the features. */
public abstract class Backbone extends Module {
    /** For subclasses. */
    protected Backbone() {}

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
