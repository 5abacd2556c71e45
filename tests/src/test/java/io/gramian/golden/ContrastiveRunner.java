package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.Dcl;
import io.gramian.loss.DirectClr;
import io.gramian.loss.InfoNce;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.MultiViewNtXent;
import io.gramian.loss.SpectralContrastive;
import io.gramian.loss.UnsignedContrastive;
import io.gramian.reference.DclReference;
import io.gramian.reference.InfoNceReference;
import io.gramian.reference.LossAndGradients;
import io.gramian.reference.MultiViewNtXentReference;
import io.gramian.reference.NtXentReference;
import io.gramian.reference.SpectralContrastiveReference;
import io.gramian.reference.UnsignedContrastiveReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The contrastive losses on views, beside NT-Xent on two or on pairs ({@link NtXentRunner}). */
final class ContrastiveRunner implements MethodRunner {
    private static final Set<String> PARAMS =
            Set.of("temperature", "sigma", "attractive", "mu", "dim", "loss_dim", "num_views");

    /** What a case computes. */
    private record Form(MultiViewLoss loss, Truth truth) {}

    private interface Truth {
        LossAndGradients of(double[][] z, int n, int d);
    }

    @Override
    public boolean knows(GoldenCase golden) {
        return PARAMS.containsAll(golden.params()) && form(golden) != null;
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        List<String> names = names(golden);
        GoldenArray first = golden.input(names.get(0));
        double[][] views = names.stream().map(name -> golden.input(name).data()).toArray(double[][]::new);
        LossAndGradients result = known(golden).truth().of(views, first.rows(), first.columns());
        score.value(result.loss(), golden.expected("loss"));
        for (int v = 0; v < views.length; v++) {
            score.gradient(result.gradients()[v], golden.gradient(names.get(v)));
        }
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        List<String> names = names(golden);
        List<GoldenArray> views = names.stream().map(golden::input).toList();
        List<Tensor> tensors = GoldenCase.tensors(device, views);
        List<Tensor> gradients = GoldenCase.poisoned(device, views);
        MultiViewLoss loss = known(golden).loss();
        score.value(loss.value(tensors), golden.expected("loss"));
        score.value(loss.valueAndGradient(tensors, gradients), golden.expected("loss"));
        for (int v = 0; v < views.size(); v++) {
            score.gradient(GoldenArray.widen(gradients.get(v)), golden.gradient(names.get(v)));
        }
    }

    private static Form known(GoldenCase golden) {
        Form form = form(golden);
        if (form == null) {
            throw new IllegalArgumentException("no form of " + golden.method());
        }
        return form;
    }

    private static @Nullable Form form(GoldenCase golden) {
        String method = golden.method();
        if (method.equals("edge")) {
            method = golden.name().startsWith("dcl_") ? "dcl" : golden.name().startsWith("spectral_") ? "spectral" : "";
        }
        if (method.equals("spectral")) {
            double mu = golden.param("mu");
            return new Form(
                    new SpectralContrastive((float) mu),
                    (z, n, d) -> SpectralContrastiveReference.valueAndGradients(z[0], z[1], n, d, mu));
        }
        if (!golden.params().contains("temperature")) {
            return null;
        }
        double t = golden.param("temperature");
        float temperature = (float) t;
        return switch (method) {
            case "infonce_cross_view" -> infoNce(t, true, true);
            case "toy_infonce_unnormalised" -> infoNce(t, false, false);
            case "simclr_multiview_solo" ->
                new Form(
                        new MultiViewNtXent(temperature),
                        (z, n, d) -> MultiViewNtXentReference.valueAndGradients(z, n, d, t));
            case "directclr" ->
                slice(
                        new DirectClr((int) golden.param("dim"), temperature, false),
                        (z, n, d) -> InfoNceReference.valueAndGradients(z[0], z[1], n, d, t, true, true));
            case "directclr_lightly" ->
                slice(
                        new DirectClr((int) golden.param("loss_dim"), temperature, true),
                        (z, n, d) -> new LossAndGradients(
                                NtXentReference.value(z[0], z[1], n, d, t),
                                NtXentReference.gradient(z[0], z[1], n, d, t)));
            case "dcl" -> dcl(t, 0, false);
            case "dclw" -> dcl(t, golden.param("sigma"), false);
            case "dcl_official" -> dcl(t, 0, true);
            case "dclw_official" -> dcl(t, golden.param("sigma"), true);
            case "simclr_sq", "simclr_abs", "dcl_sq", "dcl_abs" -> unsigned(golden, t);
            default -> null;
        };
    }

    private static Form infoNce(double t, boolean normalized, boolean symmetric) {
        return new Form(
                new InfoNce((float) t, normalized, symmetric),
                (z, n, d) -> InfoNceReference.valueAndGradients(z[0], z[1], n, d, t, normalized, symmetric));
    }

    private static Form dcl(double t, double sigma, boolean authors) {
        Dcl.Form form = authors ? Dcl.Form.AUTHORS : Dcl.Form.LIGHTLY;
        return new Form(
                new Dcl((float) t, sigma > 0, sigma > 0 ? (float) sigma : 1, form),
                (z, n, d) -> DclReference.valueAndGradients(z[0], z[1], n, d, t, sigma, authors));
    }

    private static Form unsigned(GoldenCase golden, double t) {
        boolean square = golden.method().endsWith("_sq");
        boolean decoupled = golden.method().startsWith("dcl");
        // a case without the parameter keeps the cosine in the attractive term
        boolean replaced =
                golden.root().path("params").path("attractive").asText("cos").equals("same");
        UnsignedContrastive.Similarity similarity =
                square ? UnsignedContrastive.Similarity.SQUARE : UnsignedContrastive.Similarity.ABSOLUTE;
        UnsignedContrastiveReference.Settings settings =
                new UnsignedContrastiveReference.Settings(t, square, decoupled, replaced);
        return new Form(
                new UnsignedContrastive((float) t, similarity, decoupled, replaced),
                (z, n, d) -> UnsignedContrastiveReference.valueAndGradients(z[0], z[1], n, d, settings));
    }

    /** The truth of the leading columns, with zeros for the gradient of the others. */
    private static Form slice(DirectClr loss, Truth inner) {
        return new Form(loss, (z, n, d) -> {
            int width = loss.width();
            double[][] cut = new double[2][n * width];
            for (int v = 0; v < 2; v++) {
                for (int i = 0; i < n; i++) {
                    System.arraycopy(z[v], i * d, cut[v], i * width, width);
                }
            }
            LossAndGradients result = inner.of(cut, n, width);
            double[][] gradients = new double[2][n * d];
            for (int v = 0; v < 2; v++) {
                for (int i = 0; i < n; i++) {
                    System.arraycopy(result.gradients()[v], i * width, gradients[v], i * d, width);
                }
            }
            return new LossAndGradients(result.loss(), gradients);
        });
    }

    private static List<String> names(GoldenCase golden) {
        List<String> names = new ArrayList<>();
        for (String prefix : List.of("z", "view", "r")) {
            for (int v = 0; v <= 16; v++) {
                if (golden.hasInput(prefix + v)) {
                    names.add(prefix + v);
                }
            }
        }
        return names;
    }
}
