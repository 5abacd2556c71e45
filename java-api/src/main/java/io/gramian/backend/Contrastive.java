package io.gramian.backend;

import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Losses on the sample Gram matrix {@code Z Z^T}. Arguments are checked at once, kernels run when the {@link Numbers} do. */
@CheckReturnValue
public final class Contrastive {
    private final Stream stream;
    private final NativeArrays arrays;

    Contrastive(Stream stream) {
        this.stream = stream;
        this.arrays = stream.newArrays();
    }

    /**
     * NT-Xent of two views, without any work for the gradient.
     *
     * @param za embeddings of the first view (n, d), normalised inside
     * @param zb embeddings of the second view (n, d)
     * @param temperature divisor of the cosines, above 0
     * @return the mean over the 2n rows; 0 for n = 0
     */
    public Numbers ntXent(Tensor za, Tensor zb, float temperature) {
        ContrastiveChecks.views(za, zb, temperature);
        long n = za.shape().size(0);
        long d = za.shape().size(1);
        return new Numbers(
                stream,
                1,
                (kernels, context, at) ->
                        kernels.gramian_nt_xent_value(context, n, d, za.address(), zb.address(), temperature, at));
    }

    /**
     * NT-Xent of two views and its gradient: {@code dza = weight * dL/dza + betaA * dza}, and the same for b.
     *
     * @param za embeddings of the first view (n, d), normalised inside
     * @param zb embeddings of the second view (n, d)
     * @param temperature divisor of the cosines, above 0
     * @param weight factor of the gradients, not of the returned loss
     * @param dza changed (n, d); its old content is not read when {@code betaA} is 0
     * @param dzb changed (n, d)
     * @return the mean over the 2n rows, as {@link #ntXent}
     */
    public Numbers ntXentGradient(
            Tensor za, Tensor zb, float temperature, float weight, Tensor dza, float betaA, Tensor dzb, float betaB) {
        ContrastiveChecks.views(za, zb, temperature);
        long n = za.shape().size(0);
        long d = za.shape().size(1);
        ContrastiveChecks.gradients(za, zb, dza, dzb);
        return new Numbers(
                stream,
                1,
                (kernels, context, at) -> kernels.gramian_nt_xent_value_and_gradient(
                        context,
                        n,
                        d,
                        za.address(),
                        zb.address(),
                        temperature,
                        weight,
                        betaA,
                        betaB,
                        at,
                        dza.address(),
                        dzb.address()),
                dza,
                dzb);
    }

    /**
     * InfoNCE between the rows of two views, {@code s_ij = <a_i, b_j>} with all rows of the other view as candidates, and its
     * gradients.
     *
     * @param za embeddings of the first view (n, d)
     * @param zb embeddings of the second view (n, d)
     * @param width how many leading features count; the gradients of the others are 0
     * @param temperature divisor of the similarities
     * @param normalized whether rows are divided by their norms
     * @param symmetric whether both directions are averaged; otherwise rows of the first view search the second
     * @param dza receives the gradient (n, d); null, as {@code dzb}, for the value alone
     * @param dzb receives the gradient (n, d)
     * @return the loss, and dL / d log(1 / temperature), which is 0 without gradients
     */
    public Numbers infoNce(
            Tensor za,
            Tensor zb,
            long width,
            float temperature,
            boolean normalized,
            boolean symmetric,
            @Nullable Tensor dza,
            @Nullable Tensor dzb) {
        ContrastiveChecks.views(za, zb, temperature);
        ContrastiveChecks.width(width, za);
        ContrastiveChecks.gradients(za, zb, dza, dzb);
        long n = za.shape().size(0);
        long d = za.shape().size(1);
        return new Numbers(
                stream,
                2,
                (kernels, context, at) -> kernels.gramian_info_nce(
                        context,
                        n,
                        width,
                        d,
                        za.address(),
                        zb.address(),
                        temperature,
                        normalized ? 1 : 0,
                        symmetric ? 1 : 0,
                        at,
                        Numbers.address(dza),
                        Numbers.address(dzb)),
                dza,
                dzb);
    }

    /**
     * NT-Xent of any number of views with all positives inside the logarithm, and its gradients.
     *
     * @param views embeddings (n, d), at least two; normalised inside
     * @param width how many leading features count; the gradients of the others are 0
     * @param temperature divisor of the cosines
     * @param gradients one per view (n, d), overwritten; an empty list for the value alone
     * @return the mean over all rows; 0 for n = 0
     */
    public Numbers multiViewNtXent(List<Tensor> views, long width, float temperature, List<Tensor> gradients) {
        Views.check(views);
        ContrastiveChecks.width(width, views.get(0));
        Check.temperature(temperature);
        if (!gradients.isEmpty()) {
            Views.checkGradients(views, gradients);
        }
        return new Numbers(
                stream,
                1,
                (kernels, context, at) -> {
                    arrays.pass(views, gradients);
                    return kernels.gramian_multi_view_nt_xent(
                            context,
                            views.size(),
                            views.get(0).shape().size(0),
                            width,
                            views.get(0).shape().size(1),
                            arrays.at(0),
                            temperature,
                            at,
                            gradients.isEmpty() ? 0 : arrays.at(views.size()));
                },
                gradients.toArray(new Tensor[0]));
    }

    /**
     * DCL or DCLW of two views, and its gradients.
     *
     * @param za embeddings of the first view (n, d), n at least 2
     * @param zb embeddings of the second view (n, d)
     * @param temperature divisor of the similarities
     * @param sigma divisor inside the weights of DCLW; 0 for DCL
     * @param authors true: rows are not normalised, only those of the first view are anchors, and gradients flow through the
     *     weights; false: as in lightly
     * @param dza receives the gradient (n, d); null, as {@code dzb}, for the value alone
     * @param dzb receives the gradient (n, d)
     * @return the mean over the anchors
     */
    public Numbers dcl(
            Tensor za,
            Tensor zb,
            float temperature,
            float sigma,
            boolean authors,
            @Nullable Tensor dza,
            @Nullable Tensor dzb) {
        ContrastiveChecks.views(za, zb, temperature);
        ContrastiveChecks.negatives(za);
        Check.nonNegative("sigma", sigma);
        return paired(
                za,
                zb,
                dza,
                dzb,
                (kernels, context, at) -> kernels.gramian_dcl(
                        context,
                        za.shape().size(0),
                        za.shape().size(1),
                        za.address(),
                        zb.address(),
                        temperature,
                        sigma,
                        sigma > 0 ? 1 : 0,
                        authors ? 1 : 0,
                        at,
                        Numbers.address(dza),
                        Numbers.address(dzb)));
    }

    /**
     * NT-Xent or DCL that repels by the square or the magnitude of the cosine, and its gradients.
     *
     * @param za embeddings of the first view (n, d), normalised inside; n at least 2 unless {@code kept}
     * @param zb embeddings of the second view (n, d)
     * @param temperature divisor of the similarities
     * @param square whether the similarity is the square; otherwise the magnitude
     * @param replaced whether the attractive term uses the similarity too, instead of the cosine
     * @param kept whether the positive stays in the denominator
     * @param dza receives the gradient (n, d); null, as {@code dzb}, for the value alone
     * @param dzb receives the gradient (n, d)
     * @return the mean over the 2n rows
     */
    public Numbers unsigned(
            Tensor za,
            Tensor zb,
            float temperature,
            boolean square,
            boolean replaced,
            boolean kept,
            @Nullable Tensor dza,
            @Nullable Tensor dzb) {
        ContrastiveChecks.views(za, zb, temperature);
        if (!kept) {
            ContrastiveChecks.negatives(za);
        }
        return paired(
                za,
                zb,
                dza,
                dzb,
                (kernels, context, at) -> kernels.gramian_unsigned_contrastive(
                        context,
                        za.shape().size(0),
                        za.shape().size(1),
                        za.address(),
                        zb.address(),
                        temperature,
                        square ? Kernels.GRAMIAN_SIMILARITY_SQUARE : Kernels.GRAMIAN_SIMILARITY_ABSOLUTE,
                        replaced ? 1 : 0,
                        kept ? 1 : 0,
                        at,
                        Numbers.address(dza),
                        Numbers.address(dzb)));
    }

    /**
     * Spectral contrastive loss of two views, and its gradients.
     *
     * @param za embeddings of the first view (n, d), n at least 2; rows longer than {@code sqrt(mu)} are cut to that
     * @param zb embeddings of the second view (n, d)
     * @param mu square of the largest norm, from 1e-30 to 1e30
     * @param onSamples whether to visit the n x n Gram of the samples; otherwise the d x d Grams of the features
     * @param dza receives the gradient (n, d); null, as {@code dzb}, for the value alone
     * @param dzb receives the gradient (n, d)
     * @return the loss
     */
    public Numbers spectral(
            Tensor za, Tensor zb, float mu, boolean onSamples, @Nullable Tensor dza, @Nullable Tensor dzb) {
        ContrastiveChecks.views(za, zb, 1);
        ContrastiveChecks.negatives(za);
        Check.scale("mu", mu);
        return paired(
                za,
                zb,
                dza,
                dzb,
                (kernels, context, at) -> kernels.gramian_spectral_contrastive(
                        context,
                        za.shape().size(0),
                        za.shape().size(1),
                        za.address(),
                        zb.address(),
                        mu,
                        onSamples ? Kernels.GRAMIAN_GRAM_SAMPLES : Kernels.GRAMIAN_GRAM_FEATURES,
                        at,
                        Numbers.address(dza),
                        Numbers.address(dzb)));
    }

    /** A loss of two views that were checked. */
    private Numbers paired(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb, Numbers.Call call) {
        ContrastiveChecks.gradients(za, zb, dza, dzb);
        return new Numbers(stream, 1, call, dza, dzb);
    }
}
