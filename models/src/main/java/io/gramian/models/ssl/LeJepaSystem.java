package io.gramian.models.ssl;

import io.gramian.loss.LeJepa;
import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * LeJEPA: views are pulled to their centre while SIGReg keeps the embeddings normal. Source: Balestriero and LeCun 2025, arXiv
 * 2511.08544; {@code rbalestr-lab/lejepa: MINIMAL.md}, whose AdamW settings these are.
 */
public final class LeJepaSystem implements JointEmbedding {
    private static final String LOCAL_VIEWS = "augmentation.local_views";

    @Override
    public String name() {
        return "lejepa";
    }

    @Override
    public String paper() {
        return "Balestriero and LeCun 2025, arXiv 2511.08544";
    }

    @Override
    public String summary() {
        return "pulls views to their centre and keeps embeddings a standard normal (SIGReg); any number of views";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "stable-pretraining adds lambda times SIGReg to the whole invariance; here and in the authors' code it"
                        + " is a mean with weights");
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                Setting.number("loss.lambda", 0.05, 0, 1, "weight of SIGReg; the invariance has 1 - lambda"),
                Setting.integer("loss.directions", 1024, 1, 1 << 20, "random directions drawn at each step"),
                Setting.integer("loss.knots", 17, 2, 1024, "points of the quadrature"),
                Setting.number("loss.t_max", 3, 1e-3, 1e3, "largest point of the quadrature"),
                Setting.integer(
                        "loss.global_views", 0, 0, 64, "first views that make the centre; 0: all that are not local"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new LeJepa(
                (float) settings.number("loss.lambda"),
                settings.small("loss.directions"),
                settings.small("loss.knots"),
                (float) settings.number("loss.t_max"),
                globalViews(settings),
                settings.has("seed") ? settings.integer("seed") : 0);
    }

    /** Small views are pulled to the centre of the others, and make none. */
    private static int globalViews(Settings settings) {
        int asked = settings.small("loss.global_views");
        boolean local = settings.has(LOCAL_VIEWS) && settings.integer(LOCAL_VIEWS) > 0;
        return asked == 0 && local ? settings.small("views") : asked;
    }

    @Override
    public void check(Settings settings) {
        long globals = settings.integer("loss.global_views");
        if (settings.has("views") && globals > settings.integer("views")) {
            throw new ConfigException("loss.global_views must be at most the " + settings.integer("views")
                    + " views, got " + globals + "; for example --set loss.global_views=0");
        }
    }

    @Override
    public Map<String, Object> recipe() {
        return Map.of(
                "batch_statistics",
                "separate",
                "projector.hidden",
                List.of(2048L, 2048L),
                "projector.out",
                64L,
                "augmentation.recipe",
                "vicreg",
                "optimizer.name",
                "adamw",
                "optimizer.learning_rate",
                2e-3,
                "optimizer.scale_with_batch",
                false,
                "optimizer.weight_decay",
                5e-2);
    }

    @Override
    public List<Published> published() {
        return LeJepaPublished.all();
    }

    @Override
    public String origin() {
        return "the authors' minimal example";
    }

    @Override
    public boolean manyViews() {
        return true;
    }
}
