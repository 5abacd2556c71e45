package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.reference.SpectrumReference;
import io.gramian.spectrum.Spectrum;
import java.util.Arrays;
import java.util.Set;

/** Singular values and the numbers made of them. */
final class SpectrumRunner implements MethodRunner {
    private static final Set<String> PARAMS = Set.of("rankme_eps", "stable_pretraining_eps");

    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("spectrum") && PARAMS.containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray x = golden.input("x");
        int n = x.rows();
        int d = x.columns();
        double[] values = SpectrumReference.singularValues(x.data(), n, d);
        double[] squares = Arrays.stream(values).map(value -> value * value).toArray();
        score.values(values, golden.expectedArray("singular_values").data());
        score.value(SpectrumReference.rank(values, 1e-7), golden.expected("rankme_eps1e7"));
        score.value(SpectrumReference.rank(values, 1e-5), golden.expected("rankme_eps1e5"));
        score.value(SpectrumReference.rank(values, 0), golden.expected("effective_rank"));
        score.value(Arrays.stream(squares).sum() / squares[0], golden.expected("stable_rank"));
        double[] unit = SpectrumReference.unitRows(x.data(), n, d);
        double[] centred = SpectrumReference.singularValues(SpectrumReference.centred(unit, n, d), n, d);
        double[] eigenvalues = new double[d];
        double sum = 0;
        double sumOfSquares = 0;
        for (int k = 0; k < centred.length; k++) {
            eigenvalues[k] = centred[k] * centred[k] / (n - 1);
            sum += eigenvalues[k];
            sumOfSquares += eigenvalues[k] * eigenvalues[k];
        }
        score.values(eigenvalues, golden.expectedArray("directclr_cov_spectrum").data());
        score.value(sum * sum / sumOfSquares, golden.expected("participation_ratio_cov"));
        double deviation = Arrays.stream(SpectrumReference.deviations(unit, n, d))
                .average()
                .orElseThrow();
        score.value(deviation, golden.expected("std_of_l2_normalized"));
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        Tensor x = golden.input("x").tensor(device);
        Spectrum spectrum = Spectrum.of(x);
        score.values(
                spectrum.singularValues(),
                golden.expectedArray("singular_values").data());
        score.value(spectrum.rankMe(), golden.expected("rankme_eps1e7"));
        score.value(spectrum.rankMe(1e-5), golden.expected("rankme_eps1e5"));
        score.value(spectrum.effectiveRank(), golden.expected("effective_rank"));
        score.value(spectrum.stableRank(), golden.expected("stable_rank"));
        Spectrum covariance = Spectrum.ofCovariance(x, true);
        score.values(
                covariance.squares(),
                golden.expectedArray("directclr_cov_spectrum").data());
        score.value(covariance.participationRatio(), golden.expected("participation_ratio_cov"));
        double deviation =
                Arrays.stream(Spectrum.unitRowDeviations(x)).average().orElseThrow();
        score.value(deviation, golden.expected("std_of_l2_normalized"));
    }
}
