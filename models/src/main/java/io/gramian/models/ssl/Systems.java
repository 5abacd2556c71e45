package io.gramian.models.ssl;

import io.gramian.loss.UnsignedContrastive.Similarity;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Spelling;
import java.util.List;

/** The systems that the command line knows. */
public final class Systems {
    private static final List<SslSystem> ALL = List.of(
            new SimClrSystem(),
            new BarlowTwinsSystem(),
            new VicRegSystem(),
            new WMseSystem(),
            new VicRegExpSystem(),
            new VicRegCtrSystem(),
            new LeJepaSystem(),
            new AlignmentUniformitySystem(),
            new DclSystem(false),
            new DclSystem(true),
            new UnsignedSystem(Similarity.SQUARE, false),
            new UnsignedSystem(Similarity.ABSOLUTE, false),
            new UnsignedSystem(Similarity.SQUARE, true),
            new UnsignedSystem(Similarity.ABSOLUTE, true),
            new SpectralSystem(),
            new DirectClrSystem(),
            new SimSiamSystem(),
            new ByolSystem(),
            new MocoSystem(MocoSystem.Version.V1),
            new MocoSystem(MocoSystem.Version.V2),
            new MocoSystem(MocoSystem.Version.V2_PLUS),
            new MocoV3System(),
            new DenseClSystem());

    private Systems() {}

    /** All systems. */
    public static List<SslSystem> all() {
        return ALL;
    }

    /** Names of all systems. */
    public static List<String> names() {
        return ALL.stream().map(SslSystem::name).toList();
    }

    /**
     * The system of this name.
     *
     * @throws ConfigException if there is none, with the names
     */
    public static SslSystem named(String name) {
        String wanted = name.toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        for (SslSystem system : ALL) {
            if (system.name().equals(wanted)) {
                return system;
            }
        }
        String near = Spelling.nearest(wanted, names());
        throw new ConfigException("method must be one of " + String.join(", ", names()) + ", got '" + name + "'"
                + (near == null ? "" : "; did you mean " + near + "?"));
    }
}
