package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.Byol;
import io.gramian.loss.PredictiveLoss;
import io.gramian.loss.SimSiam;
import io.gramian.reference.NegativeCosineReference;
import java.util.List;

/**
 * SimSiam and BYOL, whose targets get no gradient; BYOL in one direction on a target with a row of zeros; and the distance of
 * two whitened views as solo-learn trains W-MSE, {@code 2 - 2 mean cos(z1, z2)} with z2 detached.
 */
final class PredictiveRunner implements MethodRunner {
    private static final double BYOL_EPS = 1e-12;
    private static final double SIMSIAM_EPS = 1e-8;

    @Override
    public boolean knows(GoldenCase golden) {
        return golden.params().isEmpty() && (twoWays(golden) || oneWay(golden));
    }

    private static boolean twoWays(GoldenCase golden) {
        return golden.method().equals("simsiam") || golden.method().equals("byol");
    }

    private static boolean oneWay(GoldenCase golden) {
        return golden.method().equals("wmse_solo_pairloss")
                || (golden.method().equals("edge") && golden.name().equals("byol_zero_target"));
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        if (oneWay(golden)) {
            GoldenArray p = golden.input(prediction(golden));
            double[] z = golden.input(target(golden)).data();
            score.value(
                    2 + 2 * NegativeCosineReference.value(p.data(), z, p.rows(), p.columns(), BYOL_EPS),
                    golden.expected("loss"));
            score.gradient(scaled(2, p, z, BYOL_EPS), golden.gradient(prediction(golden)));
            return;
        }
        GoldenArray p1 = golden.input("p1");
        GoldenArray p2 = golden.input("p2");
        double[] z1 = golden.input("z1").data();
        double[] z2 = golden.input("z2").data();
        boolean byol = golden.method().equals("byol");
        double eps = byol ? BYOL_EPS : SIMSIAM_EPS;
        double sum = NegativeCosineReference.value(p1.data(), z2, p1.rows(), p1.columns(), eps)
                + NegativeCosineReference.value(p2.data(), z1, p1.rows(), p1.columns(), eps);
        score.value(byol ? 4 + 2 * sum : sum / 2, golden.expected("loss"));
        score.gradient(scaled(byol ? 2 : 0.5, p1, z2, eps), golden.gradient("p1"));
        score.gradient(scaled(byol ? 2 : 0.5, p2, z1, eps), golden.gradient("p2"));
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        if (oneWay(golden)) {
            GoldenArray p = golden.input(prediction(golden));
            Tensor dp = p.tensor(device).fill(Float.NaN);
            double cosine = device.backend()
                    .predictive()
                    .negativeCosine(
                            p.tensor(device), golden.input(target(golden)).tensor(device), (float) BYOL_EPS, 2, dp)
                    .value();
            score.value(2 + 2 * cosine, golden.expected("loss"));
            score.gradient(GoldenArray.widen(dp), golden.gradient(prediction(golden)));
            return;
        }
        List<GoldenArray> predictions = List.of(golden.input("p1"), golden.input("p2"));
        List<GoldenArray> targets = List.of(golden.input("z1"), golden.input("z2"));
        List<Tensor> gradients = GoldenCase.poisoned(device, predictions);
        PredictiveLoss loss = golden.method().equals("byol") ? Byol.defaults() : SimSiam.defaults();
        score.value(
                loss.valueAndGradient(
                        GoldenCase.tensors(device, predictions), GoldenCase.tensors(device, targets), gradients),
                golden.expected("loss"));
        score.gradient(GoldenArray.widen(gradients.get(0)), golden.gradient("p1"));
        score.gradient(GoldenArray.widen(gradients.get(1)), golden.gradient("p2"));
    }

    private static String prediction(GoldenCase golden) {
        return golden.method().equals("edge") ? "p" : "z1";
    }

    private static String target(GoldenCase golden) {
        return golden.method().equals("edge") ? "z" : "z2";
    }

    private static double[] scaled(double weight, GoldenArray p, double[] z, double eps) {
        double[] gradient = NegativeCosineReference.gradient(p.data(), z, p.rows(), p.columns(), eps);
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] *= weight;
        }
        return gradient;
    }
}
