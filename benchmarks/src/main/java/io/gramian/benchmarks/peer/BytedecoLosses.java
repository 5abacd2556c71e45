package io.gramian.benchmarks.peer;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The losses as their authors write them in PyTorch. */
public final class BytedecoLosses {
    private BytedecoLosses() {}

    /** NT-Xent as in lightly: all similarities, the diagonal excluded, cross entropy with the other view. */
    public static Tensor ntXent(Tensor a, Tensor b, float temperature) {
        long n = a.size(0);
        Tensor u = torch.cat(new TensorVector(unit(a), unit(b)));
        Tensor logits = u.mm(u.t()).div(number(temperature)).fill_diagonal_(number(-1e9f));
        Tensor first = torch.arange(number(n));
        Tensor positives = torch.cat(new TensorVector(first.add(number(n)), first));
        return torch.cross_entropy_loss(logits, positives);
    }

    /** InfoNCE between two towers as in CLIP: cross entropy of the rows and of the columns, halved. */
    public static Tensor infoNce(Tensor a, Tensor b, float temperature) {
        Tensor logits = unit(a).mm(unit(b).t()).div(number(temperature));
        Tensor positives = torch.arange(number(a.size(0)));
        return torch.cross_entropy_loss(logits, positives)
                .add(torch.cross_entropy_loss(logits.t(), positives))
                .div(number(2));
    }

    /** Barlow Twins as in facebookresearch/barlowtwins: batch normalisation, (d, d) correlation, off-diagonal view. */
    public static Tensor barlowTwins(Tensor a, Tensor b, float lambda) {
        Tensor c = standardize(a).t().mm(standardize(b)).div(number(a.size(0)));
        Tensor on = c.diagonal().add(number(-1)).square().sum();
        return on.add(offDiagonal(c).square().sum().mul(number(lambda)));
    }

    /** VICReg as in facebookresearch/vicreg: weights 25, 25, 1, halved variance. */
    public static Tensor vicReg(Tensor x, Tensor y) {
        Tensor invariance = x.sub(y).square().mean();
        Tensor xc = x.sub(x.mean(0L));
        Tensor yc = y.sub(y.mean(0L));
        Tensor variance = hinge(xc).add(hinge(yc)).div(number(2));
        return invariance
                .mul(number(25))
                .add(variance.mul(number(25)))
                .add(covariance(xc))
                .add(covariance(yc));
    }

    /** DCL as its authors write it: the positive pair is in no denominator. */
    public static Tensor dcl(Tensor a, Tensor b, float temperature) {
        Tensor ua = unit(a);
        Tensor ub = unit(b);
        return oneWayDcl(ua, ub, temperature)
                .add(oneWayDcl(ub, ua, temperature))
                .div(number(2));
    }

    private static Tensor oneWayDcl(Tensor u, Tensor v, float temperature) {
        Tensor across = u.mm(v.t()).div(number(temperature));
        Tensor within = u.mm(u.t()).div(number(temperature));
        Tensor positive = across.diagonal();
        Tensor negatives = torch.cat(new TensorVector(masked(within), masked(across)), 1);
        return negatives.logsumexp(1L).sub(positive).mean();
    }

    private static Tensor masked(Tensor logits) {
        Tensor diagonal = torch.eye(logits.size(0)).mul(number(-1e9f));
        return logits.add(diagonal);
    }

    private static Tensor hinge(Tensor centred) {
        Tensor deviation = centred.var(new long[] {0}, true).add(number(1e-4f)).sqrt();
        return deviation.neg().add(number(1)).relu().mean();
    }

    private static Tensor covariance(Tensor centred) {
        Tensor c = centred.t().mm(centred).div(number(centred.size(0) - 1));
        return offDiagonal(c).square().sum().div(number(centred.size(1)));
    }

    private static Tensor standardize(Tensor z) {
        TensorOptional none = new TensorOptional();
        return torch.batch_norm(z, none, none, none, none, true, 0.1, 1e-5, false);
    }

    /** Rows over their norms. */
    static Tensor unit(Tensor x) {
        return x.div(x.norm(new ScalarOptional(number(2)), new long[] {x.dim() - 1}, true));
    }

    /** All entries but the diagonal, as the authors cut them out: n - 1 rows of n + 1, without their first column. */
    private static Tensor offDiagonal(Tensor c) {
        long n = c.size(0);
        Tensor flat = c.flatten().slice(0, new LongOptional(0), new LongOptional(n * n - 1), 1);
        return flat.view(n - 1, n + 1).slice(1, new LongOptional(1), new LongOptional(n + 1), 1);
    }

    /** Mean over one dimension, which stays. */
    static Tensor mean(Tensor x, long dimension) {
        return x.mean(new long[] {dimension}, true, new ScalarTypeOptional());
    }

    static Scalar number(float value) {
        return new Scalar(value);
    }

    private static Scalar number(long value) {
        return new Scalar(value);
    }
}
