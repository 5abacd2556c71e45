package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Gradients of many tensors together: their common norm, and its limit. */
public final class Gradients {
    private final Stream stream;
    private final NativeArrays arrays;

    Gradients(Stream stream) {
        this.stream = stream;
        this.arrays = stream.newArrays();
    }

    /**
     * Scales all gradients by {@code most / norm} where their norm, the root of the sum of all their squares, is above
     * {@code most} (Pascanu et al. 2013, arXiv 1211.5063, algorithm 1). The norm is summed in float64 in a fixed order: same
     * bits whatever the thread count. One read of the gradients, and one read and write more where they are scaled. A norm
     * that is NaN or infinite changes nothing, so that the numbers that went bad can still be found. PyTorch's
     * {@code clip_grad_norm_} divides by {@code norm + 1e-6} instead.
     *
     * @param gradients float32 of any shape, in memory of their own, changed in place
     * @param most largest norm, above 0; infinity: the norm is measured and nothing changed
     * @return the norm before; 0 without gradients, NaN or infinite if a gradient holds such a number
     * @throws IllegalArgumentException if most is not above 0, or gradients overlap or lie on two devices
     */
    public synchronized double clip(List<Tensor> gradients, double most) {
        if (!(most > 0)) {
            throw new IllegalArgumentException("most: expected a norm above 0, got " + most);
        }
        for (int i = 0; i < gradients.size(); i++) {
            Check.dtype("gradients[" + i + "]", gradients.get(i), DType.FLOAT32);
        }
        Optimizers.checkSeparate(new ArrayList<>(gradients));
        if (gradients.isEmpty()) {
            return 0;
        }
        arrays.clear();
        int sizes = arrays.sizes(gradients);
        int addresses = arrays.addresses(gradients);
        arrays.publish();
        try (Tensor norm = Tensor.empty(gradients.get(0).device(), DType.FLOAT64, 1)) {
            long at = norm.address();
            stream.run((kernels, context) -> kernels.gramian_clip_gradients(
                    context, gradients.size(), arrays.at(sizes), arrays.at(addresses), most, at));
            gradients.forEach(Tensor::touch);
            return norm.toDoubles()[0];
        }
    }
}
