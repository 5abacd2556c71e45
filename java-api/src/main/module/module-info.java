/**
 * Devices, tensors, losses and spectra. {@code io.gramian.backend} is open to whoever builds on the kernels, and may change
 * between minor versions; the other packages keep what docs/api.md promises.
 */
module io.gramian {
    requires static org.bytedeco.cuda;
    requires static org.jspecify;
    requires io.gramian.jni;
    requires io.gramian.jni.linux.x86_64;
    requires org.bytedeco.openblas;
    requires org.slf4j;

    exports io.gramian;
    exports io.gramian.backend;
    exports io.gramian.loss;
    exports io.gramian.reference;
    exports io.gramian.spectrum;
}
