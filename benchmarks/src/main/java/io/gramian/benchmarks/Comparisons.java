package io.gramian.benchmarks;

import io.gramian.benchmarks.Comparison.Maker;
import io.gramian.benchmarks.Comparison.Side;
import io.gramian.benchmarks.peer.Bytedeco;
import io.gramian.benchmarks.peer.BytedecoLosses;
import io.gramian.benchmarks.peer.BytedecoSpectrum;
import io.gramian.benchmarks.peer.BytedecoWhitening;
import io.gramian.benchmarks.peer.Djl;
import io.gramian.benchmarks.peer.DjlAdamW;
import io.gramian.benchmarks.peer.DjlLosses;
import io.gramian.benchmarks.peer.DjlQueue;
import io.gramian.benchmarks.peer.DjlResNet;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.Dcl;
import io.gramian.loss.InfoNce;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.VicReg;
import io.gramian.loss.WMse;
import java.util.List;
import java.util.stream.Stream;

/** Everything that is measured, and what it is measured beside. A new kernel is one more entry of {@link #ALL}. */
final class Comparisons {
    /** Two shapes each side of the crossover of the two Gram matrices. */
    private static final List<String> COVARIANCE_SHAPES = List.of("256x2048", "256x8192", "1024x256", "4096x512");

    /** More rows than columns and fewer, so that both Gram sides of the covariance losses are compared. */
    private static final List<String> SMALL = List.of("96x48", "48x96");

    /** Losses, gradients and singular values: float32 sums in another order. */
    private static final double SUMS = 1e-4;

    private static final float TAU = 0.1f;

    private static final MultiViewLoss WHITENED = new WMse(256, 1, 1e-6f, true, 1);

    /** All, in the order in which they run. Shapes are rows of one view by features, unless said otherwise. */
    static final List<Comparison> ALL = List.of(
            // rows of both views
            new Comparison(
                    "nt-xent",
                    List.of("1024x128", "4096x128", "8192x128"),
                    SMALL,
                    SUMS,
                    false,
                    List.of(
                            ours((rows, d) -> new LossWorkload(new NtXent(TAU), rows / 2, d)),
                            djl((rows, d) -> djl(rows / 2, d, (a, b) -> DjlLosses.ntXent(a, b, TAU))),
                            bytedeco((rows, d) -> bytedeco(rows / 2, d, (a, b) -> BytedecoLosses.ntXent(a, b, TAU))))),
            // rows of one view
            new Comparison(
                    "info-nce",
                    List.of("4096x128"),
                    SMALL,
                    SUMS,
                    false,
                    List.of(
                            ours(InfoNce.defaults()),
                            bytedeco((n, d) -> bytedeco(n, d, (a, b) -> BytedecoLosses.infoNce(a, b, TAU))))),
            new Comparison(
                    "dcl",
                    List.of("2048x128"),
                    SMALL,
                    SUMS,
                    false,
                    List.of(
                            ours(Dcl.defaults()),
                            bytedeco((n, d) -> bytedeco(n, d, (a, b) -> BytedecoLosses.dcl(a, b, TAU))))),
            // queries by features
            new Comparison(
                    "queue",
                    List.of("256x128", "64x128"),
                    List.of("8x32"),
                    SUMS,
                    false,
                    List.of(ours(QueueWorkload::new), djl(Comparisons::queue))),
            // the authors' formula in two versions of PyTorch, and the duality by hand
            new Comparison(
                    "barlow-twins",
                    COVARIANCE_SHAPES,
                    SMALL,
                    SUMS,
                    false,
                    List.of(
                            ours(BarlowTwins.defaults()),
                            djl((n, d) -> djl(n, d, (a, b) -> DjlLosses.barlowTwins(a, b, 0.0051f))),
                            new Side(
                                    "djl-dual",
                                    (n, d) -> djl(n, d, (a, b) -> DjlLosses.barlowTwinsDual(a, b, 0.0051f))),
                            bytedeco((n, d) -> bytedeco(n, d, (a, b) -> BytedecoLosses.barlowTwins(a, b, 0.0051f))))),
            new Comparison(
                    "vicreg",
                    COVARIANCE_SHAPES,
                    SMALL,
                    SUMS,
                    false,
                    List.of(
                            ours(VicReg.defaults()),
                            djl((n, d) -> djl(n, d, DjlLosses::vicReg)),
                            new Side("djl-dual", (n, d) -> djl(n, d, DjlLosses::vicRegDual)),
                            bytedeco((n, d) -> bytedeco(n, d, BytedecoLosses::vicReg)))),
            // slices of 256 rows: the authors' loop over them, and all of them as one batch; one slice is compared,
            // since ours draws its slices at random
            new Comparison(
                    "w-mse",
                    List.of("1024x128"),
                    List.of("256x64"),
                    SUMS,
                    false,
                    List.of(
                            ours(WHITENED),
                            bytedeco((n, d) -> bytedeco(n, d, (a, b) -> BytedecoWhitening.loop(a, b, 256, 1e-6f))),
                            new Side(
                                    "bytedeco-batched",
                                    (n, d) -> bytedeco(n, d, (a, b) -> BytedecoWhitening.batched(a, b, 256, 1e-6f))))),
            // svdvals
            new Comparison(
                    "spectrum",
                    List.of("1024x512", "1024x8192"),
                    SMALL,
                    SUMS,
                    false,
                    List.of(
                            ours(SpectrumWorkload::new),
                            bytedeco((n, d) -> new BytedecoSpectrum(Inputs.views(n, d)[0], n, d)))),
            // tensors by elements of each: as many as ResNet-18 has
            new Comparison(
                    "adamw",
                    List.of("62x180000"),
                    List.of("3x1000"),
                    1e-3,
                    false,
                    List.of(ours(AdamWWorkload::new), djl(DjlAdamW::new))),
            // images of both views by their height and width; where rounding puts one value on the other side of a
            // ReLU's kink, all gradients before it change by a percent
            new Comparison(
                    "step",
                    List.of("256x32"),
                    List.of("8x32"),
                    5e-2,
                    true,
                    List.of(ours(StepWorkload::new), djl(DjlResNet::new))));

    private Comparisons() {}

    /** All kernels, then all trainers. */
    static List<Comparison> everything() {
        return Stream.concat(ALL.stream(), TrainerComparisons.ALL.stream()).toList();
    }

    /** The comparison of this name. */
    static Comparison named(String name) {
        return everything().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown benchmark " + name));
    }

    private static Side ours(Maker maker) {
        return new Side(Comparison.OURS, maker);
    }

    private static Side ours(MultiViewLoss loss) {
        return ours((n, d) -> new LossWorkload(loss, n, d));
    }

    private static Side djl(Maker maker) {
        return new Side("djl", maker);
    }

    private static Side bytedeco(Maker maker) {
        return new Side("bytedeco", maker);
    }

    private static Workload djl(int n, int d, Djl.Loss loss) {
        return new Djl(Inputs.views(n, d), n, d, loss);
    }

    private static Workload bytedeco(int n, int d, Bytedeco.Loss loss) {
        return new Bytedeco(Inputs.views(n, d), n, d, loss);
    }

    private static Workload queue(int n, int d) {
        return new DjlQueue(Inputs.views(n, d), QueueWorkload.queue(n, d), n, d, QueueWorkload.TEMPERATURE);
    }
}
