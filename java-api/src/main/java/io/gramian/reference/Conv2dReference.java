package io.gramian.reference;

/** Convolution of (n, h, w, c) with (k, kernelH, kernelW, c) in float64: the definition, in seven loops. */
public final class Conv2dReference {
    private final Sizes sizes;

    /**
     * Sizes of a convolution.
     *
     * @param n images
     * @param h height
     * @param w width
     * @param c channels of the input
     * @param k channels of the output
     * @param kernelH height of the kernel
     * @param kernelW width of the kernel
     * @param stride distance between windows
     * @param padding zeros around the image
     */
    public record Sizes(int n, int h, int w, int c, int k, int kernelH, int kernelW, int stride, int padding) {
        /** Height of the output. */
        public int oh() {
            return (h + 2 * padding - kernelH) / stride + 1;
        }

        /** Width of the output. */
        public int ow() {
            return (w + 2 * padding - kernelW) / stride + 1;
        }
    }

    /** A convolution of these sizes. */
    public Conv2dReference(Sizes sizes) {
        this.sizes = sizes;
    }

    private interface Visitor {
        void visit(int x, int weight, int y);
    }

    /** Calls the visitor with the flat positions of each product {@code y += x weight}. */
    private void products(Visitor visitor) {
        Sizes s = sizes;
        for (int y = 0; y < s.n * s.oh() * s.ow(); y++) {
            int top = y / s.ow() % s.oh() * s.stride - s.padding;
            int left = y % s.ow() * s.stride - s.padding;
            for (int r = 0; r < s.kernelH; r++) {
                for (int q = 0; q < s.kernelW; q++) {
                    if (top + r >= 0 && top + r < s.h && left + q >= 0 && left + q < s.w) {
                        int pixel = (y / (s.oh() * s.ow()) * s.h + top + r) * s.w + left + q;
                        for (int o = 0; o < s.k; o++) {
                            for (int j = 0; j < s.c; j++) {
                                visitor.visit(
                                        pixel * s.c + j, ((o * s.kernelH + r) * s.kernelW + q) * s.c + j, y * s.k + o);
                            }
                        }
                    }
                }
            }
        }
    }

    /** Output (n, oh, ow, k). */
    public double[] value(double[] x, double[] weights) {
        double[] y = new double[sizes.n * sizes.oh() * sizes.ow() * sizes.k];
        products((i, weight, o) -> y[o] += x[i] * weights[weight]);
        return y;
    }

    /** Gradient (n, h, w, c) of the input. */
    public double[] dx(double[] weights, double[] dy) {
        double[] dx = new double[sizes.n * sizes.h * sizes.w * sizes.c];
        products((i, weight, o) -> dx[i] += dy[o] * weights[weight]);
        return dx;
    }

    /** Gradient (k, kernelH, kernelW, c) of the weights. */
    public double[] dweights(double[] x, double[] dy) {
        double[] dweights = new double[sizes.k * sizes.kernelH * sizes.kernelW * sizes.c];
        products((i, weight, o) -> dweights[weight] += dy[o] * x[i]);
        return dweights;
    }
}
