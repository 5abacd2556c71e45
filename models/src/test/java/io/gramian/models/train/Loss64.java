package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.LeJepa;
import io.gramian.loss.WMse;
import io.gramian.models.config.Settings;
import io.gramian.models.ssl.JointEmbedding;
import io.gramian.reference.AlignmentUniformityReference;
import io.gramian.reference.BarlowTwinsReference;
import io.gramian.reference.DclReference;
import io.gramian.reference.InfoNceReference;
import io.gramian.reference.LeJepaReference;
import io.gramian.reference.LossAndGradients;
import io.gramian.reference.MultiViewNtXentReference;
import io.gramian.reference.NtXentReference;
import io.gramian.reference.SpectralContrastiveReference;
import io.gramian.reference.UnsignedContrastiveReference;
import io.gramian.reference.VicRegExpReference;
import io.gramian.reference.VicRegReference;
import io.gramian.reference.WMseReference;
import java.util.Arrays;

/** The losses of embeddings alone, in float64, by the name of their system. */
final class Loss64 {
    private Loss64() {}

    /** The loss of the views' embeddings z (n, d) at a step, and their gradients. */
    static LossAndGradients of(TrainConfig config, double[][] z, int n, long step) {
        Settings s = config.settings();
        String name = config.system().name();
        int d = z[0].length / n;
        double t = s.has("loss.temperature") ? (float) s.number("loss.temperature") : 0;
        return switch (name) {
            case "simclr" ->
                s.text("loss.positives").equals("inside")
                        ? MultiViewNtXentReference.valueAndGradients(z, n, d, t)
                        : new LossAndGradients(
                                NtXentReference.value(z[0], z[1], n, d, t),
                                NtXentReference.gradient(z[0], z[1], n, d, t));
            case "barlow-twins" -> barlow(s, z, n, d);
            case "vicreg" -> of(VicRegReference.valueAndGradient(z[0], z[1], n, d, vicReg(s)));
            case "vicreg-exp" -> of(VicRegExpReference.exp(z[0], z[1], n, d, vicReg(s), t));
            case "vicreg-ctr" -> of(VicRegExpReference.ctr(z[0], z[1], n, d, vicReg(s), t));
            case "wmse" -> wMse(config, z, n, d, step);
            case "lejepa" -> leJepa(config, z, n, d, step);
            case "alignment-uniformity" -> alignmentUniformity(s, z, n, d);
            case "dcl" ->
                DclReference.valueAndGradients(
                        z[0], z[1], n, d, t, 0, s.text("loss.form").equals("authors"));
            case "dclw" ->
                DclReference.valueAndGradients(
                        z[0],
                        z[1],
                        n,
                        d,
                        t,
                        s.number("loss.sigma"),
                        s.text("loss.form").equals("authors"));
            case "simclr-sq", "simclr-abs", "dcl-sq", "dcl-abs" ->
                UnsignedContrastiveReference.valueAndGradients(
                        z[0],
                        z[1],
                        n,
                        d,
                        new UnsignedContrastiveReference.Settings(
                                t, name.endsWith("sq"), name.startsWith("dcl"), s.flag("loss.replaced")));
            case "spectral" -> SpectralContrastiveReference.valueAndGradients(z[0], z[1], n, d, s.number("loss.mu"));
            case "directclr" -> directClr(s, z, n, d, t);
            default -> throw new AssertionError("no reference for " + name);
        };
    }

    private static LossAndGradients barlow(Settings s, double[][] z, int n, int d) {
        BarlowTwinsReference.Result result = BarlowTwinsReference.valueAndGradient(
                z[0], z[1], n, d, (float) s.number("loss.lambda"), (float) s.number("loss.eps"), (float)
                        s.number("loss.scale"));
        return new LossAndGradients(result.loss(), new double[][] {result.da(), result.db()});
    }

    private static VicRegReference.Settings vicReg(Settings s) {
        return new VicRegReference.Settings(
                s.number("loss.invariance"),
                s.number("loss.variance"),
                s.number("loss.covariance"),
                (float) s.number("loss.eps"),
                s.number("loss.gamma"),
                s.flag("loss.halved_variance") ? 0.5 : 1);
    }

    private static LossAndGradients of(VicRegReference.Result result) {
        return new LossAndGradients(result.loss(), new double[][] {result.dx(), result.dy()});
    }

    private static LossAndGradients wMse(TrainConfig config, double[][] z, int n, int d, long step) {
        WMse loss = (WMse) ((JointEmbedding) config.system()).loss(config.settings());
        int[] drawn = loss.permutations(step, n);
        int[][] permutations = new int[drawn.length / n][];
        for (int k = 0; k < permutations.length; k++) {
            permutations[k] = Arrays.copyOfRange(drawn, k * n, (k + 1) * n);
        }
        int window = config.settings().small("loss.w_size");
        return new LossAndGradients(
                WMseReference.value(z, n, d, window, permutations, 0, true),
                WMseReference.gradient(z, n, d, window, permutations, 0, true));
    }

    private static LossAndGradients leJepa(TrainConfig config, double[][] z, int n, int d, long step) {
        Settings s = config.settings();
        LeJepa loss = (LeJepa) ((JointEmbedding) config.system()).loss(s);
        try (Tensor directions = loss.drawDirections(Device.cpu(), step, d)) {
            LeJepaReference.Result result = LeJepaReference.valueAndGradient(
                    z,
                    n,
                    d,
                    Encoder64.widened(directions),
                    s.small("loss.directions"),
                    new LeJepaReference.Settings(
                            (float) s.number("loss.lambda"), s.small("loss.knots"), s.number("loss.t_max"), z.length));
            return new LossAndGradients(result.loss(), result.gradients());
        }
    }

    private static LossAndGradients alignmentUniformity(Settings s, double[][] z, int n, int d) {
        double alpha = s.number("loss.alpha");
        double t = s.number("loss.t");
        double weight = s.number("loss.weight");
        double loss = AlignmentUniformityReference.alignment(z[0], z[1], n, d, alpha);
        double[][] gradients = {
            AlignmentUniformityReference.alignmentGradient(z[0], z[1], n, d, alpha),
            AlignmentUniformityReference.alignmentGradient(z[1], z[0], n, d, alpha)
        };
        for (int v = 0; v < 2; v++) {
            loss += weight / 2 * AlignmentUniformityReference.uniformity(z[v], n, d, t);
            double[] du = AlignmentUniformityReference.uniformityGradient(z[v], n, d, t);
            for (int i = 0; i < du.length; i++) {
                gradients[v][i] += weight / 2 * du[i];
            }
        }
        return new LossAndGradients(loss, gradients);
    }

    /** InfoNCE of the leading features; the others get zeros. */
    private static LossAndGradients directClr(Settings s, double[][] z, int n, int d, double t) {
        int width = s.small("loss.width");
        double[][] leading = new double[2][n * width];
        for (int v = 0; v < 2; v++) {
            for (int i = 0; i < n; i++) {
                System.arraycopy(z[v], i * d, leading[v], i * width, width);
            }
        }
        LossAndGradients result = InfoNceReference.valueAndGradients(leading[0], leading[1], n, width, t, true, true);
        double[][] gradients = new double[2][n * d];
        for (int v = 0; v < 2; v++) {
            for (int i = 0; i < n; i++) {
                System.arraycopy(result.gradients()[v], i * width, gradients[v], i * d, width);
            }
        }
        return new LossAndGradients(result.loss(), gradients);
    }
}
