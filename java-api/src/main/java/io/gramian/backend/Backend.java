package io.gramian.backend;

import io.gramian.GramianException;
import io.gramian.jni.CpuKernels;
import io.gramian.jni.CudaKernels;
import io.gramian.jni.Kernels;
import io.gramian.jni.SimtKernels;

/**
 * What a device can do, by room. Each room checks its arguments and calls the kernels; the kernels are the same C ABI on
 * every device.
 */
public final class Backend {
    /** {@code cudaStreamLegacy}: the handle of what 0 means to CUDA, while 0 asks {@link #newStream} for a new stream. */
    private static final long DEFAULT_STREAM = 1;

    private final int index;
    private final Kernels kernels;
    private final Memory memory;
    private final Stream stream;

    private Backend(String device, int index, Kernels kernels, boolean memoryOnHost, int threads) {
        this.index = index;
        this.kernels = kernels;
        this.memory = new Memory(device, kernels, memoryOnHost);
        this.stream = new Stream(memory, index, threads, 0);
        memory.start(stream);
    }

    /**
     * The CPU with as many threads as {@code -Dgramian.threads} says, by default one per usable core.
     *
     * @throws GramianException if the library does not load, saying why and what to do
     */
    public static Backend cpu() {
        Kernels kernels = NativeLibraries.load("the CPU library", CpuKernels::new);
        return new Backend("cpu", 0, kernels, true, Integer.getInteger("gramian.threads", 0));
    }

    /**
     * A CUDA device that {@link CudaProbe} found usable, with at most as much of its memory as
     * {@code -Dgramian.cuda.memoryLimit} says (bytes, or a number with k, m or g behind it).
     *
     * @throws GramianException if the library does not load or the device refuses a stream
     */
    public static Backend cuda(int index) {
        Kernels kernels = NativeLibraries.load("the CUDA library", CudaKernels::new);
        Backend backend = new Backend("cuda:" + index, index, kernels, false, 0);
        String limit = System.getProperty("gramian.cuda.memoryLimit");
        if (limit != null) {
            backend.memory.limit(MemoryLimit.parse(limit));
        }
        return backend;
    }

    /**
     * The CUDA kernels run thread by thread on the processor, for tests of kernels on machines without a GPU.
     *
     * @param index 0 or 1: the executor has two devices
     * @throws GramianException if the library of the SIMT executor is not on the class path
     */
    public static Backend simt(int index) {
        Kernels kernels = NativeLibraries.load(
                "the SIMT executor (gramian-cuda-kernels with classifier linux-x86_64-simt)", SimtKernels::new);
        return new Backend(index == 0 ? "simt" : "simt:" + index, index, kernels, false, 0);
    }

    /** The raw C ABI. */
    public Kernels kernels() {
        return kernels;
    }

    /** Instruction set that the kernels chose here: {@code avx512}, {@code avx2} or {@code plain}, {@code cuda} on a GPU. */
    public String instructionSet() {
        return kernels.gramian_instruction_set().getString();
    }

    /** Name of the core that the linear algebra library chose. */
    public String blasCore() {
        return kernels.gramian_blas_core().getString();
    }

    /** Memory of the device. */
    public Memory memory() {
        return memory;
    }

    /** The stream on which every room calls. */
    public Stream stream() {
        return stream;
    }

    /** A stream of its own, whose calls wait for no other; whoever asks for it closes it. 0 threads: one per core. */
    public Stream newStream(int threads) {
        return newStream(threads, 0);
    }

    /**
     * A stream over one that exists: on CUDA the address of a {@code cudaStream_t}, 0 for a new one; on the SIMT
     * executor the seed of the order in which threads run. The CPU has none and ignores it.
     */
    public Stream newStream(int threads, long nativeStream) {
        return new Stream(memory, index, threads, nativeStream);
    }

    /**
     * A stream over one of a caller's, in whose order everything runs that it is given; it must outlive this one. Who closes
     * this one waits for it, and leaves the caller's as it is.
     *
     * @param handle on CUDA the caller's {@code cudaStream_t}, 0 for CUDA's default stream; on the SIMT executor a
     *     {@link Stream#nativeStream} of it; ignored on the CPU, where a call is over when it returns
     */
    public Stream callerStream(long handle) {
        boolean cuda = memory.device().startsWith("cuda");
        return newStream(0, cuda && handle == 0 ? DEFAULT_STREAM : handle);
    }

    /** The rooms of the stream that this thread uses: the main one, or that of {@link Stream#use}. */
    private Rooms here() {
        return memory.current().rooms();
    }

    /** Image augmentation. */
    public Images images() {
        return here().images;
    }

    /** Image augmentation on another stream. */
    public Images images(Stream other) {
        return other.rooms().images;
    }

    /** Column statistics, feature Grams, and the losses made of them. */
    public Covariance covariance() {
        return here().covariance;
    }

    /** Off-diagonal penalties that are no sums of squares, VICReg-exp and VICReg-ctr. */
    public Decorrelation decorrelation() {
        return here().decorrelation;
    }

    /** The same on another stream. */
    public Decorrelation decorrelation(Stream other) {
        return other.rooms().decorrelation;
    }

    /** SimSiam, BYOL, LeJEPA, alignment and uniformity. */
    public Predictive predictive() {
        return here().predictive;
    }

    /** The same on another stream. */
    public Predictive predictive(Stream other) {
        return other.rooms().predictive;
    }

    /** Row normalisation. */
    public Normalization normalization() {
        return here().normalization;
    }

    /** Row normalisation on another stream. */
    public Normalization normalization(Stream other) {
        return other.rooms().normalization;
    }

    /** Column statistics and the losses made of them on another stream. */
    public Covariance covariance(Stream other) {
        return other.rooms().covariance;
    }

    /** Contrastive losses on another stream. */
    public Contrastive contrastive(Stream other) {
        return other.rooms().contrastive;
    }

    /** Contrastive losses. */
    public Contrastive contrastive() {
        return here().contrastive;
    }

    /** Contrastive losses against keys that get no gradient. */
    public ContrastiveKeys contrastiveKeys() {
        return here().contrastiveKeys;
    }

    /** Contrastive losses against keys, on another stream. */
    public ContrastiveKeys contrastiveKeys(Stream other) {
        return other.rooms().contrastiveKeys;
    }

    /** Nearest rows and logistic regression, for evaluations. */
    public Probes probes() {
        return here().probes;
    }

    /** Nearest rows and logistic regression on another stream. */
    public Probes probes(Stream other) {
        return other.rooms().probes;
    }

    /** Optimiser updates of many tensors in one call. */
    public Optimizers optimizers() {
        return here().optimizers;
    }

    /** Optimiser updates on another stream. */
    public Optimizers optimizers(Stream other) {
        return other.rooms().optimizers;
    }

    /** Matrix products and sums. */
    public LinearAlgebra linearAlgebra() {
        return here().linearAlgebra;
    }

    /** Matrix products and sums on another stream. */
    public LinearAlgebra linearAlgebra(Stream other) {
        return other.rooms().linearAlgebra;
    }

    /** Layers of convolutional networks. */
    public Network network() {
        return here().network;
    }

    /** Layers of convolutional networks on another stream. */
    public Network network(Stream other) {
        return other.rooms().network;
    }

    /** Layers of transformers. */
    public Transformers transformers() {
        return here().transformers;
    }

    /** Layers of transformers on another stream. */
    public Transformers transformers(Stream other) {
        return other.rooms().transformers;
    }

    /** Cholesky whitening and W-MSE. */
    public Whitening whitening() {
        return here().whitening;
    }

    /** Whitening and W-MSE on another stream. */
    public Whitening whitening(Stream other) {
        return other.rooms().whitening;
    }

    /** Singular values and column spreads. */
    public Spectra spectra() {
        return here().spectra;
    }

    /** Singular values and column spreads on another stream. */
    public Spectra spectra(Stream other) {
        return other.rooms().spectra;
    }
}
