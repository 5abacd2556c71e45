package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.backend.cuda.ConvolutionType;
import io.gramian.backend.cuda.CudaLibraries;
import io.gramian.jni.Kernels;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution of activations (n, h, w, c) with weights (k, kernelH, kernelW, c).
 *
 * <p>Results depend on shapes and number of threads only: the same call gives the same bits. For some shapes and
 * processors the
 * gradient of the weights is summed in an order that depends on the number of threads; to compare runs bit by bit,
 * use the same
 * number ({@code -Dgramian.threads}).
 *
 * <p>On CUDA devices activations, their gradients and weights may be bfloat16, all of a call alike. The gradient of the
 * weights is float32.
 */
public final class Convolutions {
    private final Stream stream;

    Convolutions(Stream stream) {
        this.stream = stream;
    }

    /** Windows of a size that fit into a padded length: {@code (length + 2 padding - size) / stride + 1}, or 0. */
    public static long outputSize(long length, long size, long stride, long padding) {
        long room = length + 2 * padding - size;
        return room < 0 ? 0 : room / stride + 1;
    }

    /**
     * {@code y[i,p,q,o] = bias[o] + sum over r,s,j of x[i, p stride + r - padding, q stride + s - padding, j]
     * weights[o,r,s,j]}.
     *
     * @param x activations (n, h, w, c)
     * @param weights (k, kernelH, kernelW, c), in the type of x
     * @param bias (k), or null; null with bfloat16
     * @param y receives (n, oh, ow, k) with sizes as {@link #outputSize}, in the type of x
     */
    public void forward(Tensor x, Tensor weights, @Nullable Tensor bias, int stride, int padding, Tensor y) {
        long[] s = sizes("x", x, weights, x.dtype(), stride, padding);
        boolean half = x.dtype() == DType.BFLOAT16;
        Check.shape("y", y, x.dtype(), outputShape(s));
        Check.disjoint("y", y, "x", x);
        if (bias != null) {
            Check.shape("bias", bias, s[4]);
        }
        if (half && bias != null) {
            throw new IllegalArgumentException("bias: expected null with BFLOAT16 activations, got " + bias.shape()
                    + "; add it in the layer behind, or give FLOAT32 activations");
        }
        if (byLibrary(libraries ->
                libraries.convolve(s, stride, padding, x.address(), weights.address(), y.address(), type(x)))) {
            if (bias != null) {
                stream.run((kernels, context) -> kernels.gramian_add_to_rows(
                        context, s[0] * s[7] * s[8], s[4], y.address(), bias.address(), y.address()));
            }
            return;
        }
        if (half) {
            runLayer(
                    Kernels::gramian_convolution_forward_bf16,
                    s,
                    stride,
                    padding,
                    x.address(),
                    weights.address(),
                    y.address());
            return;
        }
        stream.runLayer((kernels, context) -> kernels.gramian_convolution_forward(
                context,
                s[0],
                s[1],
                s[2],
                s[3],
                s[4],
                s[5],
                s[6],
                stride,
                padding,
                x.address(),
                weights.address(),
                bias == null ? 0 : bias.address(),
                y.address()));
    }

    /** Gradient dx (n, h, w, c) of the activations from weights and the gradient dy (n, oh, ow, k), all of one type. */
    public void backwardData(Tensor weights, int stride, int padding, Tensor dy, Tensor dx) {
        long[] s = sizes("dx", dx, weights, dx.dtype(), stride, padding);
        Check.shape("dy", dy, dx.dtype(), outputShape(s));
        Check.disjoint("dx", dx, "dy", dy);
        if (byLibrary(libraries -> libraries.convolveBackwardData(
                s, stride, padding, weights.address(), dy.address(), dx.address(), type(dx)))) {
            return;
        }
        Pass pass = dx.dtype() == DType.BFLOAT16
                ? Kernels::gramian_convolution_backward_data_bf16
                : Kernels::gramian_convolution_backward_data;
        runLayer(pass, s, stride, padding, weights.address(), dy.address(), dx.address());
    }

    /** Gradient dweights (k, kernelH, kernelW, c), float32, of the weights from x and the gradient dy of the output. */
    public void backwardWeights(Tensor x, int stride, int padding, Tensor dy, Tensor dweights) {
        long[] s = sizes("x", x, dweights, DType.FLOAT32, stride, padding);
        Check.shape("dy", dy, x.dtype(), outputShape(s));
        Check.disjoint("dweights", dweights, "x", x);
        Check.disjoint("dweights", dweights, "dy", dy);
        if (byLibrary(libraries -> libraries.convolveBackwardWeights(
                s, stride, padding, x.address(), dy.address(), dweights.address(), type(x)))) {
            return;
        }
        Pass pass = x.dtype() == DType.BFLOAT16
                ? Kernels::gramian_convolution_backward_weights_bf16
                : Kernels::gramian_convolution_backward_weights;
        runLayer(pass, s, stride, padding, x.address(), dy.address(), dweights.address());
    }

    /** A kernel over three tensors, without bias. */
    @FunctionalInterface
    private interface Pass {
        int call(
                Kernels kernels,
                long context,
                long n,
                long h,
                long w,
                long c,
                long k,
                long kernelH,
                long kernelW,
                long stride,
                long padding,
                long first,
                long second,
                long result);
    }

    private void runLayer(Pass pass, long[] s, int stride, int padding, long first, long second, long result) {
        stream.runLayer((kernels, context) -> pass.call(
                kernels, context, s[0], s[1], s[2], s[3], s[4], s[5], s[6], stride, padding, first, second, result));
    }

    /** How a library multiplies: what these activations are stored as, or else the precision of layers. */
    private ConvolutionType type(Tensor activations) {
        return activations.dtype() == DType.BFLOAT16
                ? ConvolutionType.STORED_BFLOAT16
                : switch (stream.layerPrecision()) {
                    case FLOAT32 -> ConvolutionType.FLOAT32;
                    case TF32, BFLOAT16 -> ConvolutionType.TF32;
                };
    }

    /** Whether cuDNN did it: not on the processor, not where it is missing, nor for what it cannot do. */
    private boolean byLibrary(Predicate<CudaLibraries> call) {
        CudaLibraries libraries = stream.libraries();
        if (libraries == null) {
            return false;
        }
        boolean[] done = new boolean[1];
        stream.run((kernels, context) -> {
            done[0] = call.test(libraries);
            return Kernels.GRAMIAN_OK;
        });
        return done[0];
    }

    /** n, h, w, c, k, kernelH, kernelW, oh, ow. */
    private static long[] sizes(String name, Tensor x, Tensor weights, DType type, int stride, int padding) {
        Check.activations(name, x);
        Check.dtype("weights", weights, type);
        if (x.shape().rank() != 4
                || weights.shape().rank() != 4
                || x.shape().size(3) != weights.shape().size(3)) {
            throw new IllegalArgumentException(
                    "convolution: expected " + name + " (n, h, w, c) and weights (k, kernelH, kernelW, c), got "
                            + x.shape() + " and " + weights.shape());
        }
        Check.atLeast("stride", stride, 1);
        Check.atLeast("padding", padding, 0);
        long[] i = x.shape().toArray();
        long[] w = weights.shape().toArray();
        long oh = outputSize(i[1], w[1], stride, padding);
        long ow = outputSize(i[2], w[2], stride, padding);
        if (Math.min(oh, ow) < 1 || x.elements() < 1 || weights.elements() < 1) {
            throw new IllegalArgumentException("convolution: expected an image at least as large as the kernel, got "
                    + name + " " + x.shape() + " with padding " + padding + " and weights " + weights.shape());
        }
        return new long[] {i[0], i[1], i[2], i[3], w[0], w[1], w[2], oh, ow};
    }

    private static long[] outputShape(long[] s) {
        return new long[] {s[0], s[7], s[8], s[4]};
    }
}
