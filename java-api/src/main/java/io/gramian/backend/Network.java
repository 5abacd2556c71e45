package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;

/** Layers of convolutional networks on activations (n, h, w, c): convolution, batch normalisation, ReLU, pooling. */
public final class Network {
    private final Stream stream;
    private final Convolutions convolutions;
    private final BatchNormalization batchNormalization;

    Network(Stream stream) {
        this.stream = stream;
        this.convolutions = new Convolutions(stream);
        this.batchNormalization = new BatchNormalization(stream);
    }

    /**
     * What activations between the layers of a network are to be stored as, those that products read: bfloat16 where
     * {@link Stream#setLayerPrecision} said so, else float32.
     */
    public DType activations() {
        return stream.layerPrecision() == Precision.BFLOAT16 ? DType.BFLOAT16 : DType.FLOAT32;
    }

    /** Convolutions. */
    public Convolutions convolutions() {
        return convolutions;
    }

    /** Batch normalisation. */
    public BatchNormalization batchNormalization() {
        return batchNormalization;
    }

    /** {@code y = max(x, 0)}, NaN stays; y may be x. */
    public void relu(Tensor x, Tensor y) {
        Check.dtype("x", x, DType.FLOAT32);
        Check.shape("y", y, x.shape().toArray());
        stream.run((kernels, context) -> kernels.gramian_relu_forward(context, x.elements(), x.address(), y.address()));
        y.touch();
    }

    /** {@code dx = dy} where the output y is above 0 or NaN, else 0; dx may be dy. */
    public void reluBackward(Tensor y, Tensor dy, Tensor dx) {
        Check.dtype("y", y, DType.FLOAT32);
        Check.shape("dy", dy, y.shape().toArray());
        Check.shape("dx", dx, y.shape().toArray());
        stream.run((kernels, context) ->
                kernels.gramian_relu_backward(context, y.elements(), y.address(), dy.address(), dx.address()));
        dx.touch();
    }

    /**
     * Maximum over windows; the first of equal values wins, NaN wins over all.
     *
     * @param x activations (n, h, w, c), on CUDA devices also bfloat16
     * @param size height and width of a window, at most 15
     * @param padding at most half of size; padded places never win
     * @param y receives (n, oh, ow, c) with sizes as {@link Convolutions#outputSize}, in the type of x
     * @param tap uint8, shape of y: receives the place of the maximum in its window
     */
    public void maxPool(Tensor x, int size, int stride, int padding, Tensor y, Tensor tap) {
        Check.activations("x", x);
        long[] s = pooling("x", x, size, size, stride, padding);
        if (size > 15) {
            throw new IllegalArgumentException("maxPool: expected a window of at most 15, got " + size);
        }
        Check.shape("y", y, x.dtype(), s[0], s[4], s[5], s[3]);
        checkTap(tap, y);
        Pass pass = x.dtype() == DType.BFLOAT16
                ? Kernels::gramian_max_pool_forward_bf16
                : Kernels::gramian_max_pool_forward;
        run(pass, s, size, stride, padding, x.address(), y.address(), tap.address());
    }

    /** Gradient dx (n, h, w, c) of {@link #maxPool} from tap and the gradient dy of its output. */
    public void maxPoolBackward(Tensor tap, int size, int stride, int padding, Tensor dy, Tensor dx) {
        Check.activations("dx", dx);
        long[] s = pooling("dx", dx, size, size, stride, padding);
        Check.shape("dy", dy, dx.dtype(), s[0], s[4], s[5], s[3]);
        checkTap(tap, dy);
        Pass pass = dx.dtype() == DType.BFLOAT16
                ? Kernels::gramian_max_pool_backward_bf16
                : Kernels::gramian_max_pool_backward;
        run(pass, s, size, stride, padding, tap.address(), dy.address(), dx.address());
    }

    /** A kernel of maxima over windows, for one type of activations. */
    @FunctionalInterface
    private interface Pass {
        int call(
                Kernels kernels,
                long context,
                long n,
                long h,
                long w,
                long c,
                long size,
                long stride,
                long padding,
                long first,
                long second,
                long third);
    }

    private void run(Pass pass, long[] s, int size, int stride, int padding, long first, long second, long third) {
        stream.run((kernels, context) ->
                pass.call(kernels, context, s[0], s[1], s[2], s[3], size, stride, padding, first, second, third));
    }

    /**
     * Mean over windows, without padding.
     *
     * @param x activations (n, h, w, c)
     * @param sizeH height of a window
     * @param sizeW width of a window
     * @param y receives (n, oh, ow, c) with sizes as {@link Convolutions#outputSize}
     */
    public void averagePool(Tensor x, long sizeH, long sizeW, long stride, Tensor y) {
        Check.dtype("x", x, DType.FLOAT32);
        long[] s = pooling("x", x, sizeH, sizeW, stride, 0);
        Check.shape("y", y, s[0], s[4], s[5], s[3]);
        stream.run((kernels, context) -> kernels.gramian_average_pool_forward(
                context, s[0], s[1], s[2], s[3], sizeH, sizeW, stride, x.address(), y.address()));
    }

    /** Gradient dx (n, h, w, c) of {@link #averagePool} from the gradient dy of its output. */
    public void averagePoolBackward(long sizeH, long sizeW, long stride, Tensor dy, Tensor dx) {
        Check.dtype("dx", dx, DType.FLOAT32);
        long[] s = pooling("dx", dx, sizeH, sizeW, stride, 0);
        Check.shape("dy", dy, s[0], s[4], s[5], s[3]);
        stream.run((kernels, context) -> kernels.gramian_average_pool_backward(
                context, s[0], s[1], s[2], s[3], sizeH, sizeW, stride, dy.address(), dx.address()));
    }

    private static void checkTap(Tensor tap, Tensor y) {
        Check.dtype("tap", tap, DType.UINT8);
        Check.sameShape("tap", tap, "y", y);
    }

    /** n, h, w, c, oh, ow. */
    private static long[] pooling(String name, Tensor x, long sizeH, long sizeW, long stride, long padding) {
        if (x.shape().rank() != 4) {
            throw new IllegalArgumentException(name + ": expected (n, h, w, c), got " + x.shape());
        }
        Check.atLeast("size", Math.min(sizeH, sizeW), 1);
        Check.atLeast("stride", stride, 1);
        Check.atLeast("padding", padding, 0);
        if (2 * padding > Math.min(sizeH, sizeW)) {
            throw new IllegalArgumentException("pooling: expected a padding of at most half of the window, got window "
                    + sizeH + " x " + sizeW + " and padding " + padding);
        }
        long[] i = x.shape().toArray();
        long oh = Convolutions.outputSize(i[1], sizeH, stride, padding);
        long ow = Convolutions.outputSize(i[2], sizeW, stride, padding);
        if (Math.min(oh, ow) < 1) {
            throw new IllegalArgumentException("pooling: expected an image at least as large as the window " + sizeH
                    + " x " + sizeW + ", got " + name + " " + x.shape());
        }
        return new long[] {i[0], i[1], i[2], i[3], oh, ow};
    }
}
