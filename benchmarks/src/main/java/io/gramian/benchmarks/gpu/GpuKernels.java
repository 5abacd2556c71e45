package io.gramian.benchmarks.gpu;

import io.gramian.Device;
import java.util.List;

/** Makes the work of a row, and knows the small shapes on which peers have to agree with us first. */
final class GpuKernels {
    /** Work on a matrix of so many rows and columns. */
    GpuWork make(String kernel, Device device, int rows, int columns) {
        return switch (kernel) {
            case "barlow-twins" -> PairWork.barlowTwins(device, rows, columns);
            case "vicreg" -> PairWork.vicReg(device, rows, columns);
            case "nt-xent" -> PairWork.ntXent(device, rows, columns);
            case "w-mse" -> new WhiteningWork(device, rows, columns);
            case "singular-values" -> SpectrumWork.singularValues(device, rows, columns);
            case "eigenvalues" -> SpectrumWork.eigenvalues(device, rows, columns);
            case "step" -> new StepWork(device, rows, columns);
            default -> throw new IllegalArgumentException("unknown kernel " + kernel);
        };
    }

    /** Both Gram sides where there are two; one slice a view of W-MSE, because ours draws slices at random. */
    List<int[]> small(String kernel) {
        return switch (kernel) {
            case "w-mse" -> List.of(new int[] {WhiteningWork.WINDOW, 64});
            case "eigenvalues" -> List.of(new int[] {3, 24});
            case "step" -> List.of(new int[] {8, 32});
            default -> List.of(new int[] {96, 48}, new int[] {48, 96});
        };
    }
}
