package io.gramian.benchmarks.peer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.norm.BatchNorm;

/**
 * The losses as their authors write them in PyTorch, and Barlow Twins and VICReg by the duality, by hand. Scalars are
 * floats: DJL turns a double into an array that makes everything after it float64.
 */
public final class DjlLosses {
    private DjlLosses() {}

    /** NT-Xent as in lightly: all similarities, the diagonal excluded, cross entropy with the other view. */
    public static NDArray ntXent(NDArray a, NDArray b, float temperature) {
        int rows = (int) (2 * a.getShape().get(0));
        NDArray u = a.normalize(2, 1).concat(b.normalize(2, 1), 0);
        NDArray diagonal = u.getManager().eye(rows).mul(-1e9f);
        NDArray logits = u.matMul(u.transpose()).div(temperature).add(diagonal);
        NDArray positives = u.getManager()
                .arange(rows)
                .add(rows / 2)
                .mod(rows)
                .toType(DataType.INT64, false)
                .expandDims(1);
        return logits.logSoftmax(1).gather(positives, 1).mean().neg();
    }

    /** Barlow Twins as in facebookresearch/barlowtwins: batch normalisation, (d, d) correlation, off-diagonal view. */
    public static NDArray barlowTwins(NDArray a, NDArray b, float lambda) {
        NDArray c = standardize(a)
                .transpose()
                .matMul(standardize(b))
                .div(a.getShape().get(0));
        NDArray on = c.diagonal().sub(1).square().sum();
        return on.add(offDiagonal(c).square().sum().mul(lambda));
    }

    /** The same value from two (n, n) Gram matrices. */
    public static NDArray barlowTwinsDual(NDArray a, NDArray b, float lambda) {
        long n = a.getShape().get(0);
        NDArray za = standardize(a);
        NDArray zb = standardize(b);
        NDArray diagonal = za.mul(zb).mean(new int[] {0});
        NDArray all = za.matMul(za.transpose())
                .mul(zb.matMul(zb.transpose()))
                .sum()
                .div((float) n)
                .div((float) n);
        NDArray on = diagonal.sub(1).square().sum();
        return on.add(all.sub(diagonal.square().sum()).mul(lambda));
    }

    /** VICReg as in facebookresearch/vicreg: weights 25, 25, 1, halved variance. */
    public static NDArray vicReg(NDArray x, NDArray y) {
        return vicReg(x, y, false);
    }

    /** The same with covariances from (n, n) Gram matrices. */
    public static NDArray vicRegDual(NDArray x, NDArray y) {
        return vicReg(x, y, true);
    }

    private static NDArray vicReg(NDArray x, NDArray y, boolean dual) {
        NDArray invariance = x.sub(y).square().mean();
        NDArray xc = x.sub(x.mean(new int[] {0}));
        NDArray yc = y.sub(y.mean(new int[] {0}));
        NDArray varianceX = variance(xc);
        NDArray varianceY = variance(yc);
        NDArray variance = hinge(varianceX).add(hinge(varianceY)).div(2);
        NDArray covariance = covariance(xc, varianceX, dual).add(covariance(yc, varianceY, dual));
        return invariance.mul(25).add(variance.mul(25)).add(covariance);
    }

    private static NDArray covariance(NDArray centred, NDArray variance, boolean dual) {
        float n1 = centred.getShape().get(0) - 1f;
        long d = centred.getShape().get(1);
        if (dual) {
            NDArray gram = centred.matMul(centred.transpose()).div(n1);
            return gram.square().sum().sub(variance.square().sum()).div(d);
        }
        return offDiagonal(centred.transpose().matMul(centred).div(n1))
                .square()
                .sum()
                .div(d);
    }

    private static NDArray variance(NDArray centred) {
        return centred.square().sum(new int[] {0}).div(centred.getShape().get(0) - 1f);
    }

    private static NDArray hinge(NDArray variance) {
        return variance.add(1e-4f).sqrt().neg().add(1).maximum(0).mean();
    }

    private static NDArray standardize(NDArray z) {
        long d = z.getShape().get(1);
        NDArray zeros = z.getManager().zeros(new ai.djl.ndarray.types.Shape(d));
        NDArray ones = z.getManager().ones(new ai.djl.ndarray.types.Shape(d));
        NDList out = BatchNorm.batchNorm(z, zeros, ones, ones.duplicate(), zeros.duplicate(), 1, 0.1f, 1e-5f, true);
        return out.singletonOrThrow();
    }

    /** All entries but the diagonal, as the authors cut them out: n - 1 rows of n + 1, without their first column. */
    private static NDArray offDiagonal(NDArray c) {
        long n = c.getShape().get(0);
        return c.flatten().get(":-1").reshape(n - 1, n + 1).get(":,1:");
    }
}
