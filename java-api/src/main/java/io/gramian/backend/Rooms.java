package io.gramian.backend;

/** Every room of {@link Backend}, on one stream. */
final class Rooms {
    final Normalization normalization;
    final Contrastive contrastive;
    final ContrastiveKeys contrastiveKeys;
    final Covariance covariance;
    final Decorrelation decorrelation;
    final Predictive predictive;
    final Probes probes;
    final Optimizers optimizers;
    final LinearAlgebra linearAlgebra;
    final Network network;
    final Transformers transformers;
    final Images images;
    final Whitening whitening;
    final Spectra spectra;

    Rooms(Stream stream) {
        normalization = new Normalization(stream);
        contrastive = new Contrastive(stream);
        contrastiveKeys = new ContrastiveKeys(stream);
        covariance = new Covariance(stream);
        decorrelation = new Decorrelation(stream);
        predictive = new Predictive(stream);
        probes = new Probes(stream);
        optimizers = new Optimizers(stream);
        linearAlgebra = new LinearAlgebra(stream);
        network = new Network(stream);
        transformers = new Transformers(stream);
        images = new Images(stream);
        whitening = new Whitening(stream);
        spectra = new Spectra(stream);
    }
}
