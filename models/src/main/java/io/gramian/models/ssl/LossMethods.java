package io.gramian.models.ssl;

import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Spelling;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The losses that the command line computes from files: those of the systems that have one of
 * embeddings alone, and those that no system here trains. */
public final class LossMethods {
    private static final List<LossMethod> ALL = Stream.concat(
                    Systems.all().stream()
                            .filter(JointEmbedding.class::isInstance)
                            .map(JointEmbedding.class::cast)
                            .map(LossMethod::of),
                    ContrastiveMethods.all().stream())
            .toList();

    private LossMethods() {}

    /** All losses; those of the systems first. */
    public static List<LossMethod> all() {
        return ALL;
    }

    /** Names of all losses. */
    public static List<String> names() {
        return ALL.stream().map(LossMethod::name).toList();
    }

    /**
     * The loss of this name.
     *
     * @throws ConfigException if there is none, with the names
     */
    public static LossMethod named(String name) {
        String wanted = name.toLowerCase(Locale.ROOT).replace('_', '-');
        for (LossMethod method : ALL) {
            if (method.name().equals(wanted)) {
                return method;
            }
        }
        String near = Spelling.nearest(wanted, names());
        throw new ConfigException("method must be one of " + String.join(", ", names()) + ", got '" + name + "'"
                + (near == null ? "" : "; did you mean " + near + "?"));
    }
}
