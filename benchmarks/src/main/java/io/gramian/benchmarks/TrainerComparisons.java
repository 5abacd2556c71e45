package io.gramian.benchmarks;

import io.gramian.benchmarks.Comparison.Maker;
import io.gramian.benchmarks.Comparison.Side;
import io.gramian.benchmarks.peer.Bytedeco;
import io.gramian.benchmarks.peer.BytedecoLosses;
import io.gramian.benchmarks.peer.Djl;
import io.gramian.benchmarks.peer.DjlLosses;
import io.gramian.benchmarks.peer.Dl4j;
import io.gramian.benchmarks.peer.SameDiffLosses;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.VicReg;
import java.util.List;

/**
 * Our losses inside other trainers, through their adapters, beside the same losses written with the trainers' own operators: on
 * arrays of the trainer, forward and backward, the gradient left where the trainer wants it.
 */
final class TrainerComparisons {
    /** Losses and gradients: float32 sums in another order. */
    private static final double SUMS = 1e-4;

    private static final float TAU = 0.1f;

    private static final float LAMBDA = 0.0051f;

    /** Rows of both views by features. */
    private static final List<String> PAIRS = List.of("1024x128", "4096x128");

    /** Rows of one view by features: one shape on each side of the crossover of the two Gram matrices. */
    private static final List<String> COVARIANCES = List.of("256x2048", "1024x256");

    /** All, in the order in which they run. */
    static final List<Comparison> ALL = List.of(
            pairs(
                    "djl-nt-xent",
                    (n, d) -> ours(new NtXent(TAU), n, d, "djl"),
                    "djl",
                    (n, d) -> djl(n, d, (a, b) -> DjlLosses.ntXent(a, b, TAU))),
            covariances(
                    "djl-barlow-twins",
                    (n, d) -> ours(BarlowTwins.defaults(), n, d, "djl"),
                    "djl",
                    (n, d) -> djl(n, d, (a, b) -> DjlLosses.barlowTwins(a, b, LAMBDA))),
            covariances(
                    "djl-vicreg",
                    (n, d) -> ours(VicReg.defaults(), n, d, "djl"),
                    "djl",
                    (n, d) -> djl(n, d, DjlLosses::vicReg)),
            pairs(
                    "pytorch-nt-xent",
                    (n, d) -> ours(new NtXent(TAU), n, d, "pytorch"),
                    "bytedeco",
                    (n, d) -> bytedeco(n, d, (a, b) -> BytedecoLosses.ntXent(a, b, TAU))),
            covariances(
                    "pytorch-barlow-twins",
                    (n, d) -> ours(BarlowTwins.defaults(), n, d, "pytorch"),
                    "bytedeco",
                    (n, d) -> bytedeco(n, d, (a, b) -> BytedecoLosses.barlowTwins(a, b, LAMBDA))),
            covariances(
                    "pytorch-vicreg",
                    (n, d) -> ours(VicReg.defaults(), n, d, "pytorch"),
                    "bytedeco",
                    (n, d) -> bytedeco(n, d, BytedecoLosses::vicReg)),
            pairs(
                    "dl4j-nt-xent",
                    (n, d) -> ours(new NtXent(TAU), n, d, "dl4j"),
                    "samediff",
                    (n, d) -> SameDiffLosses.ntXent(Inputs.views(n, d), n, d, TAU)),
            covariances(
                    "dl4j-barlow-twins",
                    (n, d) -> ours(BarlowTwins.defaults(), n, d, "dl4j"),
                    "samediff",
                    (n, d) -> SameDiffLosses.barlowTwins(Inputs.views(n, d), n, d, LAMBDA)),
            covariances(
                    "dl4j-vicreg",
                    (n, d) -> ours(VicReg.defaults(), n, d, "dl4j"),
                    "samediff",
                    (n, d) -> SameDiffLosses.vicReg(Inputs.views(n, d), n, d)));

    private TrainerComparisons() {}

    /** Whether a measurement of this name is one of these. */
    static boolean has(String name) {
        return ALL.stream().anyMatch(each -> each.name().equals(name));
    }

    private static Comparison pairs(String name, Maker ours, String peer, Maker theirs) {
        List<Side> sides = List.of(
                new Side(Comparison.OURS, (rows, d) -> ours.make(rows / 2, d)),
                new Side(peer, (rows, d) -> theirs.make(rows / 2, d)));
        return new Comparison(name, PAIRS, List.of("96x48", "48x96"), SUMS, false, sides);
    }

    private static Comparison covariances(String name, Maker ours, String peer, Maker theirs) {
        List<Side> sides = List.of(new Side(Comparison.OURS, ours), new Side(peer, theirs));
        return new Comparison(name, COVARIANCES, List.of("96x48", "48x96"), SUMS, false, sides);
    }

    private static Workload ours(MultiViewLoss loss, int n, int d, String trainer) {
        return switch (trainer) {
            case "djl" -> {
                io.gramian.djl.GramianLoss djl = io.gramian.djl.GramianLoss.of(loss);
                yield djl(n, d, (a, b) -> djl.evaluate(new ai.djl.ndarray.NDList(), new ai.djl.ndarray.NDList(a, b)));
            }
            case "pytorch" -> bytedeco(n, d, io.gramian.pytorch.GramianLoss.of(loss)::forward);
            default -> new Dl4j(Inputs.views(n, d), n, d, loss);
        };
    }

    private static Workload djl(int n, int d, Djl.Loss loss) {
        return new Djl(Inputs.views(n, d), n, d, loss);
    }

    private static Workload bytedeco(int n, int d, Bytedeco.Loss loss) {
        return new Bytedeco(Inputs.views(n, d), n, d, loss);
    }
}
