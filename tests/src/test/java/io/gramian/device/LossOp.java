package io.gramian.device;

import io.gramian.Tensor;
import io.gramian.backend.WhiteningMethod;
import io.gramian.loss.AlignmentUniformity;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.Byol;
import io.gramian.loss.Dcl;
import io.gramian.loss.DenseCl;
import io.gramian.loss.DirectClr;
import io.gramian.loss.GramSide;
import io.gramian.loss.InfoNce;
import io.gramian.loss.LeJepa;
import io.gramian.loss.MocoV3;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.MultiViewNtXent;
import io.gramian.loss.NtXent;
import io.gramian.loss.OffDiagonalAbsolute;
import io.gramian.loss.OffDiagonalExponential;
import io.gramian.loss.OffDiagonalPenalty;
import io.gramian.loss.PredictiveLoss;
import io.gramian.loss.QueueInfoNce;
import io.gramian.loss.SimSiam;
import io.gramian.loss.SpectralContrastive;
import io.gramian.loss.Standardization;
import io.gramian.loss.UnsignedContrastive;
import io.gramian.loss.UnsignedContrastive.Similarity;
import io.gramian.loss.VicReg;
import io.gramian.loss.VicRegCtr;
import io.gramian.loss.VicRegExp;
import io.gramian.loss.WMse;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One public loss as {@link BadInputTest} sees it: so many inputs of one shape (n, d), gradients of some of them, and what
 * its documentation says about the edges. A new loss is one line of {@link #all}.
 *
 * @param gradients index of the input of each gradient
 * @param deaf inputs from which NaN does not reach the value
 * @param infinity what an infinity in an input makes of the value
 * @param noRows what happens with n = 0
 * @param oneRow what happens with n = 1
 * @param oneColumn what happens with d = 1
 * @param wide what happens with d > n
 */
record LossOp(
        String name,
        int inputs,
        List<Integer> gradients,
        List<Integer> deaf,
        Infinity infinity,
        Call call,
        Edge noRows,
        Edge oneRow,
        Edge oneColumn,
        Edge wide) {
    /** Value of the loss; fills the gradients unless the list is empty. */
    interface Call {
        double run(List<Tensor> inputs, List<Tensor> gradients);
    }

    /** What a loss does at an edge of its domain. */
    enum Edge {
        REFUSED,
        ZERO,
        FINITE
    }

    /** What becomes of an infinity. */
    enum Infinity {
        NAN,
        /** Infinite, or NaN where it meets a zero: a sum of magnitudes of products. */
        NOT_FINITE
    }

    /** Rows for which every loss is defined: the window of W-MSE. */
    static final int ROWS = 8;

    static Stream<LossOp> all() {
        return Stream.of(
                        contrastive(),
                        unsigned(),
                        keys(),
                        redundancy(),
                        whitening(),
                        Stream.of(
                                predictive("SimSiam", SimSiam.defaults()),
                                predictive("Byol", Byol.defaults()),
                                views("LeJepa", new LeJepa(0.5f, 8, 17, 3, 0, 0), Edge.REFUSED, Edge.FINITE),
                                views("AlignmentUniformity", AlignmentUniformity.defaults(), Edge.REFUSED)))
                .flatMap(Function.identity());
    }

    /** Losses whose temperature may be as low as one likes. */
    static Stream<LossOp> withTemperature(float temperature) {
        return Stream.of(
                views("NtXent", new NtXent(temperature), Edge.ZERO),
                views("InfoNce", new InfoNce(temperature, true, true), Edge.ZERO),
                views("MultiViewNtXent", new MultiViewNtXent(temperature), Edge.ZERO),
                views("Dcl", new Dcl(temperature, false, 0.5f, Dcl.Form.LIGHTLY), Edge.REFUSED),
                views("DirectClr", new DirectClr(2, temperature, false), Edge.ZERO),
                views(
                        "UnsignedContrastive",
                        new UnsignedContrastive(temperature, Similarity.ABSOLUTE, false, true),
                        Edge.ZERO),
                queue(new QueueInfoNce(temperature)),
                moco(new MocoV3(temperature)));
    }

    private static Stream<LossOp> contrastive() {
        return Stream.of(
                views("NtXent", NtXent.defaults(), Edge.ZERO),
                views("InfoNce", new InfoNce(0.2f, true, true), Edge.ZERO),
                views("InfoNce one way, unnormalised", new InfoNce(0.5f, false, false), Edge.ZERO),
                views("MultiViewNtXent", new MultiViewNtXent(0.2f), Edge.ZERO),
                views("Dcl", Dcl.defaults(), Edge.REFUSED),
                views("Dcl weighted", new Dcl(0.2f, true, 0.5f, Dcl.Form.LIGHTLY), Edge.REFUSED),
                views("Dcl authors", new Dcl(0.5f, true, 0.5f, Dcl.Form.AUTHORS), Edge.REFUSED),
                views("SpectralContrastive", SpectralContrastive.defaults(), Edge.REFUSED),
                views("DirectClr", new DirectClr(2, 0.2f, false), Edge.ZERO).narrowest(Edge.REFUSED),
                views("DirectClr both views", new DirectClr(2, 0.2f, true), Edge.ZERO)
                        .narrowest(Edge.REFUSED));
    }

    private static Stream<LossOp> unsigned() {
        return Stream.of(
                views("SimClr square", new UnsignedContrastive(0.2f, Similarity.SQUARE, false, true), Edge.ZERO),
                views("SimClr abs", new UnsignedContrastive(0.2f, Similarity.ABSOLUTE, false, false), Edge.ZERO),
                views("Dcl square", new UnsignedContrastive(0.2f, Similarity.SQUARE, true, true), Edge.REFUSED),
                views("Dcl abs", new UnsignedContrastive(0.2f, Similarity.ABSOLUTE, true, false), Edge.REFUSED));
    }

    private static Stream<LossOp> keys() {
        return Stream.of(queue(new QueueInfoNce(0.2f)), moco(new MocoV3(0.2f)), dense());
    }

    private static Stream<LossOp> redundancy() {
        return Stream.of(
                views("BarlowTwins", BarlowTwins.defaults(), Edge.REFUSED),
                views(
                        "BarlowTwins samples",
                        new BarlowTwins(0.005f, 1e-5f, 1, Standardization.UNBIASED, GramSide.SAMPLES),
                        Edge.REFUSED),
                views("VicReg", VicReg.defaults(), Edge.REFUSED),
                views("VicRegExp", VicRegExp.defaults(), Edge.REFUSED).narrowest(Edge.REFUSED),
                views("VicRegCtr", VicRegCtr.defaults(), Edge.REFUSED).narrowest(Edge.REFUSED),
                offDiagonal(
                        "OffDiagonalPenalty",
                        (z, dz) -> dz == null
                                ? new OffDiagonalPenalty(1, GramSide.AUTO).value(z)
                                : new OffDiagonalPenalty(1, GramSide.AUTO).valueAndGradient(z, dz),
                        Edge.ZERO),
                offDiagonal(
                        "OffDiagonalAbsolute",
                        (z, dz) -> dz == null
                                ? new OffDiagonalAbsolute(1).value(z)
                                : new OffDiagonalAbsolute(1).valueAndGradient(z, dz),
                        Edge.ZERO),
                offDiagonal(
                        "OffDiagonalExponential",
                        (z, dz) -> dz == null
                                ? new OffDiagonalExponential(1, 0.1f).value(z)
                                : new OffDiagonalExponential(1, 0.1f).valueAndGradient(z, dz),
                        Edge.REFUSED));
    }

    private static Stream<LossOp> whitening() {
        return Stream.of(
                wMse("WMse", WhiteningMethod.CHOLESKY, false, Edge.REFUSED),
                wMse("WMse one-sided", WhiteningMethod.CHOLESKY, true, Edge.REFUSED),
                wMse("WMse ZCA", WhiteningMethod.ZCA, false, Edge.REFUSED),
                wMse("WMse PCA", WhiteningMethod.PCA, false, Edge.REFUSED),
                wMse("WMse iterative", WhiteningMethod.iterative(5), false, Edge.FINITE));
    }

    private static LossOp wMse(String name, WhiteningMethod method, boolean oneSided, Edge wide) {
        LossOp op = views(name, new WMse(ROWS, 1, 0, true, method, oneSided, 0), Edge.REFUSED);
        return new LossOp(
                op.name, 2, op.gradients, op.deaf, op.infinity, op.call, op.noRows, op.oneRow, op.oneColumn, wide);
    }

    private static LossOp views(String name, MultiViewLoss loss, Edge few) {
        return views(name, loss, few, few);
    }

    private static LossOp views(String name, MultiViewLoss loss, Edge noRows, Edge oneRow) {
        Call call = (in, out) -> out.isEmpty() ? loss.value(in) : loss.valueAndGradient(in, out);
        return new LossOp(
                name, 2, List.of(0, 1), List.of(), Infinity.NAN, call, noRows, oneRow, Edge.FINITE, Edge.FINITE);
    }

    private static LossOp predictive(String name, PredictiveLoss loss) {
        Call call = (in, out) -> out.isEmpty()
                ? loss.value(in.subList(0, 2), in.subList(2, 4))
                : loss.valueAndGradient(in.subList(0, 2), in.subList(2, 4), out);
        return new LossOp(
                name,
                4,
                List.of(0, 1),
                List.of(),
                Infinity.NAN,
                call,
                Edge.REFUSED,
                Edge.FINITE,
                Edge.FINITE,
                Edge.FINITE);
    }

    private static LossOp queue(QueueInfoNce loss) {
        Call call = (in, out) -> out.isEmpty()
                ? loss.value(in.get(0), in.get(1), in.get(2))
                : loss.valueAndGradient(in.get(0), in.get(1), in.get(2), out.get(0));
        return new LossOp(
                "QueueInfoNce",
                3,
                List.of(0),
                List.of(),
                Infinity.NAN,
                call,
                Edge.ZERO,
                Edge.FINITE,
                Edge.FINITE,
                Edge.FINITE);
    }

    private static LossOp moco(MocoV3 loss) {
        Call call = (in, out) -> out.isEmpty()
                ? loss.value(in.subList(0, 2), in.subList(2, 4))
                : loss.valueAndGradient(in.subList(0, 2), in.subList(2, 4), out);
        return new LossOp(
                "MocoV3",
                4,
                List.of(0, 1),
                List.of(),
                Infinity.NAN,
                call,
                Edge.ZERO,
                Edge.ZERO,
                Edge.FINITE,
                Edge.FINITE);
    }

    /** One cell per image; the backbones choose the match alone, so that NaN there does not show. */
    private static LossOp dense() {
        DenseCl loss = DenseCl.defaults();
        Call call = (in, out) -> {
            DenseCl.Maps maps = new DenseCl.Maps(
                    in.get(0), in.get(1), in.get(2), in.get(3), in.get(4), in.get(5), in.get(6), in.get(7));
            return (out.isEmpty() ? loss.value(maps) : loss.valueAndGradient(maps, out.get(0), out.get(1))).loss();
        };
        return new LossOp(
                "DenseCl",
                8,
                List.of(0, 2),
                List.of(4, 5),
                Infinity.NAN,
                call,
                Edge.ZERO,
                Edge.FINITE,
                Edge.FINITE,
                Edge.FINITE);
    }

    private static LossOp offDiagonal(String name, BiFunction<Tensor, @Nullable Tensor, Double> loss, Edge oneColumn) {
        Call call = (in, out) -> loss.apply(in.get(0), out.isEmpty() ? null : out.get(0));
        Edge few = oneColumn == Edge.ZERO ? Edge.ZERO : Edge.FINITE; // log (d - 1) without rows
        Infinity infinity = oneColumn == Edge.ZERO ? Infinity.NOT_FINITE : Infinity.NAN;
        return new LossOp(name, 1, List.of(0), List.of(), infinity, call, few, Edge.FINITE, oneColumn, Edge.FINITE);
    }

    private LossOp narrowest(Edge edge) {
        return new LossOp(name, inputs, gradients, deaf, infinity, call, noRows, oneRow, edge, wide);
    }

    @Override
    public String toString() {
        return name;
    }
}
