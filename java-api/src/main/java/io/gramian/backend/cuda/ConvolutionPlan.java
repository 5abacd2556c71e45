package io.gramian.backend.cuda;

import static org.bytedeco.cuda.global.cudnn.CUDNN_CROSS_CORRELATION;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DATA_BFLOAT16;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DATA_FLOAT;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DEFAULT_MATH;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DETERMINISTIC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_FMA_MATH;
import static org.bytedeco.cuda.global.cudnn.CUDNN_STATUS_SUCCESS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TENSOR_NHWC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TENSOR_OP_MATH;
import static org.bytedeco.cuda.global.cudnn.cudnnCreateConvolutionDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnCreateFilterDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnCreateTensorDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroyConvolutionDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroyFilterDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroyTensorDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7;
import static org.bytedeco.cuda.global.cudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7;
import static org.bytedeco.cuda.global.cudnn.cudnnGetConvolutionForwardAlgorithm_v7;
import static org.bytedeco.cuda.global.cudnn.cudnnSetConvolution2dDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnSetConvolutionMathType;
import static org.bytedeco.cuda.global.cudnn.cudnnSetFilter4dDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnSetTensor4dDescriptor;

import org.bytedeco.cuda.cudnn.cudnnContext;
import org.bytedeco.cuda.cudnn.cudnnConvolutionBwdDataAlgoPerf_t;
import org.bytedeco.cuda.cudnn.cudnnConvolutionBwdFilterAlgoPerf_t;
import org.bytedeco.cuda.cudnn.cudnnConvolutionFwdAlgoPerf_t;
import org.bytedeco.cuda.cudnn.cudnnConvolutionStruct;
import org.bytedeco.cuda.cudnn.cudnnFilterStruct;
import org.bytedeco.cuda.cudnn.cudnnTensorStruct;

/**
 * Descriptors of one convolution, and the algorithm that cuDNN's heuristics put first among those that give the same bits in
 * each run and fit the workspace.
 *
 * <p>With bfloat16 this is what cuDNN calls PSEUDO_BFLOAT16_CONFIG: images and weights bfloat16, sums float32. Its tensor core
 * algorithms want images and weights as (n,h,w,c), a multiple of 8 channels, and memory that begins at a border of 16 bytes, as
 * that of the pool does. Where it has none, for images of 3 channels for instance, the kernels of this project do the work.
 */
@SuppressWarnings("deprecation") // cuDNN calls these functions legacy; its graph interface is C++ only
final class ConvolutionPlan implements AutoCloseable {
    /** No algorithm may take more memory than this. */
    private static final long MOST_WORKSPACE = 1L << 30;
    /** As many algorithms as any of the three passes has. */
    private static final int ASKED = 10;

    final cudnnTensorStruct x = new cudnnTensorStruct();
    final cudnnTensorStruct y = new cudnnTensorStruct();
    final cudnnFilterStruct weights = new cudnnFilterStruct();
    final cudnnConvolutionStruct convolution = new cudnnConvolutionStruct();
    /** The algorithm, or -1 where none will do: the kernels of this project then do the work. */
    int algorithm = -1;

    long workspace;

    ConvolutionPlan(cudnnContext handle, ConvolutionKey key) {
        int stored = key.type() == ConvolutionType.STORED_BFLOAT16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
        Cudnn.check(cudnnCreateTensorDescriptor(x), "a descriptor");
        Cudnn.check(cudnnCreateTensorDescriptor(y), "a descriptor");
        Cudnn.check(cudnnCreateFilterDescriptor(weights), "a descriptor");
        Cudnn.check(cudnnCreateConvolutionDescriptor(convolution), "a descriptor");
        Cudnn.check(
                cudnnSetTensor4dDescriptor(x, CUDNN_TENSOR_NHWC, stored, key.n(), key.c(), key.h(), key.w()),
                "images of " + key);
        Cudnn.check(
                cudnnSetTensor4dDescriptor(
                        y, CUDNN_TENSOR_NHWC, stored, key.n(), key.k(), key.outputH(), key.outputW()),
                "images of " + key);
        Cudnn.check(
                cudnnSetFilter4dDescriptor(
                        weights, stored, CUDNN_TENSOR_NHWC, key.k(), key.c(), key.kernelH(), key.kernelW()),
                "weights of " + key);
        Cudnn.check(
                cudnnSetConvolution2dDescriptor(
                        convolution,
                        key.padding(),
                        key.padding(),
                        key.stride(),
                        key.stride(),
                        1,
                        1,
                        CUDNN_CROSS_CORRELATION,
                        CUDNN_DATA_FLOAT),
                key.toString());
        int math =
                switch (key.type()) {
                    case FLOAT32 -> CUDNN_FMA_MATH;
                    case TF32 -> CUDNN_DEFAULT_MATH;
                    case STORED_BFLOAT16 -> CUDNN_TENSOR_OP_MATH;
                };
        Cudnn.check(cudnnSetConvolutionMathType(convolution, math), key.toString());
        choose(handle, key);
    }

    private void choose(cudnnContext handle, ConvolutionKey key) {
        int[] found = new int[1];
        // cudnn.h has three structures of the same fields, whose first is an enumeration of its own in each
        try (var answers = new cudnnConvolutionFwdAlgoPerf_t(ASKED)) {
            int status =
                    switch (key.pass()) {
                        case FORWARD ->
                            cudnnGetConvolutionForwardAlgorithm_v7(
                                    handle, x, weights, convolution, y, ASKED, found, answers);
                        case BACKWARD_DATA ->
                            cudnnGetConvolutionBackwardDataAlgorithm_v7(
                                    handle,
                                    weights,
                                    y,
                                    convolution,
                                    x,
                                    ASKED,
                                    found,
                                    new cudnnConvolutionBwdDataAlgoPerf_t(answers));
                        case BACKWARD_WEIGHTS ->
                            cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                                    handle,
                                    x,
                                    y,
                                    convolution,
                                    weights,
                                    ASKED,
                                    found,
                                    new cudnnConvolutionBwdFilterAlgoPerf_t(answers));
                    };
            if (Cudnn.notSupported(status)) {
                return; // found nothing
            }
            Cudnn.check(status, "algorithms of " + key);
            for (int i = 0; i < found[0] && algorithm < 0; i++) {
                take(answers.position(i));
            }
        }
    }

    private void take(cudnnConvolutionFwdAlgoPerf_t answer) {
        if (answer.status() == CUDNN_STATUS_SUCCESS
                && answer.determinism() == CUDNN_DETERMINISTIC
                && answer.memory() <= MOST_WORKSPACE) {
            algorithm = answer.algo();
            workspace = answer.memory();
            Cudnn.check(cudnnSetConvolutionMathType(convolution, answer.mathType()), "the kind of products");
        }
    }

    @Override
    public void close() {
        cudnnDestroyTensorDescriptor(x);
        cudnnDestroyTensorDescriptor(y);
        cudnnDestroyFilterDescriptor(weights);
        cudnnDestroyConvolutionDescriptor(convolution);
    }
}
