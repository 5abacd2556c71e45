package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.GramSide;
import io.gramian.loss.OffDiagonalPenalty;
import io.gramian.loss.VicReg;
import io.gramian.reference.BarlowTwinsReference;
import io.gramian.reference.CrossCorrelationReference;
import io.gramian.reference.OffDiagonalPenaltyReference;
import io.gramian.reference.VicRegReference;
import java.util.List;
import java.util.Set;

/** The identities that let a feature-side loss be computed on the sample side. */
final class DualityRunner implements MethodRunner {
    private static final double EPS = 1e-5;

    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("duality") && Set.of("lambd").containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray z = golden.input("z");
        double[] z2 = golden.input("z2").data();
        int n = z.rows();
        int d = z.columns();
        double[] transposed = transposed(z);
        double features = OffDiagonalPenaltyReference.value(z.data(), n, d, 1);
        double samples = OffDiagonalPenaltyReference.value(transposed, d, n, 1);
        score.value(samples, golden.expected("L_c"));
        score.value(features, golden.expected("L_nc"));
        score.value(fourthPowers(z.data(), n, d), golden.expected("sum_row_norm4"));
        score.value(fourthPowers(transposed, d, n), golden.expected("sum_col_norm4"));
        double[] correlation = CrossCorrelationReference.value(z.data(), z2, n, d, d, EPS);
        double all = 0;
        double diagonal = 0;
        for (int i = 0; i < d * d; i++) {
            all += correlation[i] * correlation[i];
            diagonal += i / d == i % d ? correlation[i] * correlation[i] : 0;
        }
        score.value(all, golden.expected("bt_sum_C_squared"));
        score.value(all, golden.expected("bt_inner_product_KA_KB_over_N2"));
        score.value(diagonal, golden.expected("bt_sum_diag_squared"));
        double lambda = golden.param("lambd");
        score.value(BarlowTwinsReference.value(z.data(), z2, n, d, lambda, EPS, 1), golden.expected("bt_loss"));
        VicRegReference.Settings covariance = new VicRegReference.Settings(0, 0, 1, 1e-4, 1, 1);
        VicRegReference.Result twice = VicRegReference.valueAndGradient(z.data(), z.data(), n, d, covariance);
        score.value(twice.covariance() / 2, golden.expected("vicreg_cov_via_gram"));
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        GoldenArray array = golden.input("z");
        Tensor z = array.tensor(device);
        Tensor transposed =
                new GoldenArray(new int[] {array.columns(), array.rows()}, transposed(array)).tensor(device);
        List<Tensor> views = List.of(z, golden.input("z2").tensor(device));
        for (GramSide side : GramSide.values()) {
            OffDiagonalPenalty penalty = new OffDiagonalPenalty(1, side);
            score.value(penalty.value(transposed), golden.expected("L_c"));
            score.value(penalty.value(z), golden.expected("L_nc"));
            BarlowTwins barlow = new BarlowTwins((float) golden.param("lambd"), (float) EPS, 1, side);
            score.value(barlow.value(views), golden.expected("bt_loss"));
            VicReg covariance = new VicReg(0, 0, 1, 1e-4f, 1, true, side);
            score.value(
                    covariance.terms(List.of(z, z.copy())).covariance() / 2, golden.expected("vicreg_cov_via_gram"));
        }
    }

    private static double fourthPowers(double[] z, int n, int d) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double square = 0;
            for (int k = 0; k < d; k++) {
                square += z[i * d + k] * z[i * d + k];
            }
            sum += square * square;
        }
        return sum;
    }

    private static double[] transposed(GoldenArray z) {
        double[] t = new double[z.data().length];
        for (int i = 0; i < t.length; i++) {
            t[i % z.columns() * z.rows() + i / z.columns()] = z.data()[i];
        }
        return t;
    }
}
