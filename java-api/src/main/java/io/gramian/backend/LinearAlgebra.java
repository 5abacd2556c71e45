package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.backend.cuda.CudaLibraries;
import io.gramian.jni.Kernels;

/** Matrix products and sums. The bits of a result do not depend on the number of threads. */
public final class LinearAlgebra {
    private final Stream stream;

    LinearAlgebra(Stream stream) {
        this.stream = stream;
    }

    /**
     * {@code c = alpha op(a) op(b) + beta c}, {@code 2 m n k} operations. On CUDA devices a and b may both be bfloat16, c
     * then bfloat16 or, for gradients of weights, float32; sums are float32 in every case.
     *
     * @param transposeA whether op(a) is the transpose of a, which is then stored as (k, m)
     * @param transposeB whether op(b) is the transpose of b, which is then stored as (n, k)
     * @param a matrix with op(a) of shape (m, k)
     * @param b matrix with op(b) of shape (k, n)
     * @param beta factor of what c holds; with 0 it is only written
     * @param c receives the result (m, n)
     * @throws IllegalArgumentException when shapes do not fit, or c overlaps a or b
     */
    public void gemm(boolean transposeA, boolean transposeB, float alpha, Tensor a, Tensor b, float beta, Tensor c) {
        checkMatrix("a", a);
        checkMatrix("b", b);
        Check.dtype("b", b, a.dtype());
        Check.activations("c", c);
        if (a.dtype() == DType.FLOAT32) {
            Check.dtype("c", c, DType.FLOAT32);
        }
        long m = a.shape().size(transposeA ? 1 : 0);
        long k = a.shape().size(transposeA ? 0 : 1);
        long n = b.shape().size(transposeB ? 0 : 1);
        long inner = b.shape().size(transposeB ? 1 : 0);
        if (inner != k) {
            throw new IllegalArgumentException("gemm: expected inner sizes to agree, got a " + a.shape()
                    + (transposeA ? " transposed" : "") + " and b " + b.shape() + (transposeB ? " transposed" : ""));
        }
        Check.shape("c", c, c.dtype(), m, n);
        Check.disjoint("c", c, "a", a);
        Check.disjoint("c", c, "b", b);
        if (Math.max(m, Math.max(n, k)) > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "gemm: expected sizes below 2^31, got " + a.shape() + " and " + b.shape());
        }
        Product product = new Product(transposeA, transposeB, m, n, k, alpha, a, b, beta, c);
        CudaLibraries libraries = stream.libraries();
        stream.runLayer((kernels, context) -> libraries != null && product.run(libraries, stream.layerPrecision())
                ? Kernels.GRAMIAN_OK
                : product.run(kernels, context));
        c.touch();
    }

    /** A product whose arguments were checked. */
    private record Product(
            boolean transposeA,
            boolean transposeB,
            long m,
            long n,
            long k,
            float alpha,
            Tensor a,
            Tensor b,
            float beta,
            Tensor c) {
        /** By a library; false where it is missing. */
        boolean run(CudaLibraries libraries, Precision precision) {
            return libraries.gemm(
                    transposeA,
                    transposeB,
                    m,
                    n,
                    k,
                    alpha,
                    a.address(),
                    b.address(),
                    beta,
                    c.address(),
                    a.dtype(),
                    c.dtype(),
                    precision);
        }

        /** By a kernel of this project; its status. */
        int run(Kernels kernels, long context) {
            int ta = transposeA ? 1 : 0;
            int tb = transposeB ? 1 : 0;
            long x = a.address();
            long y = b.address();
            long z = c.address();
            if (a.dtype() == DType.FLOAT32) {
                return kernels.gramian_gemm(context, ta, tb, m, n, k, alpha, x, y, beta, z);
            }
            return c.dtype() == DType.FLOAT32
                    ? kernels.gramian_gemm_wide_bf16(context, ta, tb, m, n, k, alpha, x, y, beta, z)
                    : kernels.gramian_gemm_bf16(context, ta, tb, m, n, k, alpha, x, y, beta, z);
        }
    }

    /** A matrix of float32 or, where activations may be that, bfloat16. */
    private static void checkMatrix(String name, Tensor tensor) {
        Check.activations(name, tensor);
        if (tensor.shape().rank() != 2) {
            throw new IllegalArgumentException(name + ": expected a matrix (n, d), got shape " + tensor.shape());
        }
    }

    /**
     * {@code z = x + y} for three tensors of one shape and type, float32 or bfloat16; z may be x or y. To a float32 x may
     * come a bfloat16 y, a branch of a residual stream.
     */
    public void add(Tensor x, Tensor y, Tensor z) {
        Check.activations("x", x);
        Check.activations("y", y);
        boolean mixed = x.dtype() == DType.FLOAT32 && y.dtype() == DType.BFLOAT16;
        Check.shape("y", y, mixed ? DType.BFLOAT16 : x.dtype(), x.shape().toArray());
        Check.shape("z", z, x.dtype(), x.shape().toArray());
        if (mixed) {
            Check.disjoint("z", z, "y", y);
        }
        stream.run((kernels, context) -> mixed
                ? kernels.gramian_add_mixed_bf16(context, x.elements(), x.address(), y.address(), z.address())
                : x.dtype() == DType.BFLOAT16
                        ? kernels.gramian_add_bf16(context, x.elements(), x.address(), y.address(), z.address())
                        : kernels.gramian_add(context, x.elements(), x.address(), y.address(), z.address()));
        z.touch();
    }

    /**
     * {@code y = x} between float32 and bfloat16, on CUDA devices; rounds to nearest even, NaN stays NaN.
     *
     * @param x float32 or bfloat16
     * @param y receives the numbers in the other of the two types, of the shape of x
     * @throws IllegalArgumentException if the types or shapes are others, on the CPU, or y overlaps x
     */
    public void convert(Tensor x, Tensor y) {
        boolean widens = x.dtype() == DType.BFLOAT16;
        Check.activations("x", x);
        Check.shape("y", y, widens ? DType.FLOAT32 : DType.BFLOAT16, x.shape().toArray());
        Check.activations("y", y);
        Check.disjoint("y", y, "x", x);
        stream.run((kernels, context) -> widens
                ? kernels.gramian_widen_bf16(context, x.elements(), x.address(), y.address())
                : kernels.gramian_round_bf16(context, x.elements(), x.address(), y.address()));
        y.touch();
    }

    /** {@code y = factor x} for two tensors of one shape; y may be x. */
    public void scale(float factor, Tensor x, Tensor y) {
        Check.dtype("x", x, DType.FLOAT32);
        Check.shape("y", y, x.shape().toArray());
        stream.run(
                (kernels, context) -> kernels.gramian_scale(context, x.elements(), factor, x.address(), y.address()));
        y.touch();
    }

    /** {@code y = factor x} with a factor (1) on the device, which nobody waits for; y may be x. */
    public void scaleBy(Tensor factor, Tensor x, Tensor y) {
        Check.shape("factor", factor, 1);
        Check.dtype("x", x, DType.FLOAT32);
        Check.shape("y", y, x.shape().toArray());
        Check.disjoint("y", y, "factor", factor);
        stream.run((kernels, context) ->
                kernels.gramian_scale_by(context, x.elements(), factor.address(), x.address(), y.address()));
        y.touch();
    }

    /**
     * {@code y_i = x_i + bias} for each row i of x (n, d); y may be x.
     *
     * @param x float32 or bfloat16
     * @param bias (d), float32
     * @param y in the type of x
     */
    public void addToRows(Tensor x, Tensor bias, Tensor y) {
        checkMatrix("x", x);
        long rows = x.shape().size(0);
        long columns = x.shape().size(1);
        Check.shape("bias", bias, columns);
        Check.shape("y", y, x.dtype(), rows, columns);
        Check.disjoint("y", y, "bias", bias);
        stream.run((kernels, context) -> x.dtype() == DType.BFLOAT16
                ? kernels.gramian_add_to_rows_bf16(context, rows, columns, x.address(), bias.address(), y.address())
                : kernels.gramian_add_to_rows(context, rows, columns, x.address(), bias.address(), y.address()));
        y.touch();
    }

    /** Sums (d), float32, of the columns of x (n, d), float32 or bfloat16, added up in float64. */
    public void columnSums(Tensor x, Tensor sums) {
        checkMatrix("x", x);
        long rows = x.shape().size(0);
        long columns = x.shape().size(1);
        Check.shape("sums", sums, columns);
        Check.disjoint("sums", sums, "x", x);
        stream.run((kernels, context) -> x.dtype() == DType.BFLOAT16
                ? kernels.gramian_column_sums_bf16(context, rows, columns, x.address(), sums.address())
                : kernels.gramian_column_sums(context, rows, columns, x.address(), sums.address()));
        sums.touch();
    }

    /**
     * Rows inside a float32 tensor: row i begins at its element {@code start + i stride}.
     *
     * @param tensor where they lie
     * @param start first element of the first row
     * @param stride elements from one row to the next; 0, for a source, gives the same row again
     */
    public record Strided(Tensor tensor, long start, long stride) {
        private long check(String name, long rows, long columns) {
            Check.dtype(name, tensor, DType.FLOAT32);
            long room =
                    start < 0 || start > tensor.elements() ? -1 : tensor.elements() - start - columns; // of later rows
            boolean fits = rows == 0 || columns == 0 || (room >= 0 && (rows == 1 || stride <= room / (rows - 1)));
            if (start < 0 || stride < 0 || !fits) {
                throw new IllegalArgumentException(name + ": expected " + rows + " rows of " + columns
                        + " numbers inside " + tensor.shape() + ", got the first at " + start + " and each " + stride
                        + " behind the last");
            }
            return tensor.address() + start * DType.FLOAT32.bytes();
        }
    }

    /**
     * Copies rows from one place to another: tokens into sequences, and back.
     *
     * @param from where they come from
     * @param to where they go; its stride is at least columns
     */
    public void copyRows(Strided from, Strided to, long rows, long columns) {
        Check.atLeast("rows", rows, 0);
        Check.atLeast("columns", columns, 0);
        long source = from.check("from", rows, columns);
        long target = to.check("to", rows, columns);
        if (rows > 1) {
            Check.atLeast("stride of to", to.stride(), columns);
        }
        Check.disjoint("to", to.tensor(), "from", from.tensor());
        stream.run((kernels, context) ->
                kernels.gramian_copy_rows(context, rows, columns, source, from.stride(), target, to.stride()));
        to.tensor().touch();
    }

    /**
     * Puts rows, of any shape, in another order: {@code to_i = from_order(i)}, or back, {@code to_order(i) = from_i}.
     *
     * @param order whose row {@code which} is as long as there are rows
     * @param which row of the order, which may change what it says until the device comes to this call
     * @param from float32 (n, ...)
     * @param to receives the rows, of the shape of from
     */
    public void permuteRows(Permutations order, int which, boolean back, Tensor from, Tensor to) {
        Check.dtype("from", from, DType.FLOAT32);
        Check.atLeast("rank of from", from.shape().rank(), 1);
        long rows = from.shape().size(0);
        if (order.length() != rows) {
            throw new IllegalArgumentException(
                    "order: expected permutations of the " + rows + " rows, got some of " + order.length());
        }
        Check.shape("to", to, from.shape().toArray());
        Check.disjoint("to", to, "from", from);
        long columns = rows == 0 ? 0 : from.elements() / rows;
        try (Tensor row = order.indices().rows(which, which + 1L)) {
            stream.run((kernels, context) -> kernels.gramian_permute_rows(
                    context, rows, columns, row.address(), back ? 1 : 0, from.address(), to.address()));
        }
        to.touch();
    }
}
