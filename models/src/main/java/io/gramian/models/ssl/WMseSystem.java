package io.gramian.models.ssl;

import io.gramian.backend.WhiteningMethod;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.WMse;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * W-MSE: embeddings of random slices of the batch are whitened, then views of one image are pulled together. Source: Ermolov et
 * al. 2021, arXiv 2007.06346, equations 1 to 4; {@code htdt/self-supervised: methods/w_mse.py}, which runs each view
 * through the backbone by itself and all views through the head as one batch, and its CIFAR-10 settings.
 */
public final class WMseSystem implements JointEmbedding {
    private static final Map<String, Object> DROPS =
            Map.of("name", "drops", "warmup_steps", 500L, "drops", List.of(50L, 25L), "drop_factor", 0.2);

    @Override
    public String name() {
        return "wmse";
    }

    @Override
    public String paper() {
        return "Ermolov et al. 2021, arXiv 2007.06346";
    }

    @Override
    public String summary() {
        return "whitens slices of the batch, then pulls views of an image together; any number of views";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "solo-learn gives the second view of a pair no gradient (loss.one_sided)",
                "stable-pretraining whitens with a symmetric root and both views together (loss.whitening)",
                "eps is 0 in the authors' code; larger values steady slices that are close to singular (loss.eps)");
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                Setting.integer(
                        "loss.w_size", 128, 2, 1 << 20, "images in a slice that is whitened; divides the batch"),
                Setting.integer("loss.iterations", 1, 1, 1024, "random slicings of the batch in a step"),
                Setting.number("loss.eps", 0, 0, 1, "shrinkage of the covariance towards the identity"),
                Setting.flag("loss.normalize", true, "whether whitened rows are normalised before the distance"),
                Setting.choice(
                        "loss.whitening",
                        "cholesky",
                        List.of("cholesky", "zca", "pca", "iterative"),
                        "which square root of the inverse covariance whitens a slice"),
                Setting.integer("loss.whitening_steps", 5, 1, 64, "steps of iterative whitening"),
                Setting.flag("loss.one_sided", false, "no gradient for the later view of a pair, as in solo-learn"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new WMse(
                settings.small("loss.w_size"),
                settings.small("loss.iterations"),
                (float) settings.number("loss.eps"),
                settings.flag("loss.normalize"),
                whitening(settings),
                settings.flag("loss.one_sided"),
                settings.has("seed") ? settings.integer("seed") : 0);
    }

    private static WhiteningMethod whitening(Settings settings) {
        WhiteningMethod.Kind kind =
                WhiteningMethod.Kind.valueOf(settings.text("loss.whitening").toUpperCase(Locale.ROOT));
        return kind == WhiteningMethod.Kind.ITERATIVE
                ? WhiteningMethod.iterative(settings.small("loss.whitening_steps"))
                : new WhiteningMethod(kind, 0);
    }

    /** Iterative whitening, which factors nothing, works on singular slices. */
    @Override
    public Optional<WhitenedSlices> whitens(Settings settings) {
        return settings.text("loss.whitening").equals("iterative")
                ? Optional.empty()
                : Optional.of(new WhitenedSlices(settings.small("loss.w_size"), settings.number("loss.eps")));
    }

    @Override
    public void check(Settings settings) {
        long slice = settings.integer("loss.w_size");
        long batch = settings.integer("batch");
        long width = settings.integer("projector.out");
        if (slice > batch || batch % slice != 0) {
            throw new ConfigException("loss.w_size must divide the batch of " + batch + " images, got " + slice
                    + "; for example --set loss.w_size=" + batch);
        }
        if (slice <= width && !settings.text("loss.whitening").equals("iterative")) {
            throw new ConfigException("loss.w_size must be above the embedding dimension projector.out=" + width
                    + " for a covariance of full rank (twice as much is usual), got " + slice
                    + "; for example --set loss.w_size=" + 2 * width);
        }
    }

    @Override
    public Map<String, Object> recipe() {
        return Map.of(
                "batch_statistics",
                "projector-together",
                "projector.hidden",
                List.of(1024L),
                "projector.out",
                64L,
                "augmentation.recipe",
                "wmse",
                "batch",
                512L,
                "optimizer.name",
                "adam",
                "optimizer.learning_rate",
                3e-3,
                "optimizer.scale_with_batch",
                false,
                "optimizer.weight_decay",
                1e-6,
                "schedule",
                DROPS);
    }

    @Override
    public List<Published> published() {
        return WMsePublished.all();
    }

    @Override
    public String origin() {
        return "Ermolov et al. 2021, section 4.1, and their code";
    }

    @Override
    public boolean manyViews() {
        return true;
    }
}
