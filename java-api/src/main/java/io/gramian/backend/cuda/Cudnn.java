package io.gramian.backend.cuda;

import static org.bytedeco.cuda.global.cudnn.CUDNN_STATUS_NOT_SUPPORTED;
import static org.bytedeco.cuda.global.cudnn.cudnnConvolutionBackwardData;
import static org.bytedeco.cuda.global.cudnn.cudnnConvolutionBackwardFilter;
import static org.bytedeco.cuda.global.cudnn.cudnnConvolutionForward;
import static org.bytedeco.cuda.global.cudnn.cudnnCreate;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroy;
import static org.bytedeco.cuda.global.cudnn.cudnnGetErrorString;
import static org.bytedeco.cuda.global.cudnn.cudnnSetStream;

import io.gramian.GramianException;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** Convolutions by cuDNN on one stream, activations (n,h,w,c), weights (k,kernelH,kernelW,c). */
@SuppressWarnings("deprecation") // cuDNN calls these functions legacy; its graph interface is C++ only
final class Cudnn implements AutoCloseable {
    private final cudnnContext handle = new cudnnContext();
    private final Workspace workspace;
    private final Map<ConvolutionKey, ConvolutionPlan> plans = new HashMap<>();
    private final FloatPointer one = new FloatPointer(1).put(1);
    private final FloatPointer zero = new FloatPointer(1).put(0);

    Cudnn(long stream, Workspace workspace) {
        this.workspace = workspace;
        check(cudnnCreate(handle), "creating a handle");
        check(cudnnSetStream(handle, Addresses.stream(stream)), "setting the stream");
    }

    /** Whether an algorithm was found for this convolution, and has not refused it since. */
    boolean has(ConvolutionKey key) {
        return plan(key).algorithm >= 0;
    }

    private ConvolutionPlan plan(ConvolutionKey key) {
        return plans.computeIfAbsent(key, wanted -> new ConvolutionPlan(handle, wanted));
    }

    /**
     * One convolution, without bias.
     *
     * @param x images (n,h,w,c), or their gradient, which BACKWARD_DATA writes
     * @param weights or their gradient, which BACKWARD_WEIGHTS writes
     * @param y images (n,oh,ow,k), which FORWARD writes, or their gradient
     * @return false if no algorithm of cuDNN will do; nothing was written then
     */
    boolean run(ConvolutionKey key, long x, long weights, long y) {
        ConvolutionPlan plan = plan(key);
        if (plan.algorithm < 0) {
            return false;
        }
        int status = call(plan, key.pass(), x, weights, y);
        if (notSupported(status)) { // the heuristics promised too much; asked once, since the plan is kept
            plan.algorithm = -1;
            return false;
        }
        check(status, key.toString());
        return true;
    }

    private int call(ConvolutionPlan plan, ConvolutionKey.Pass pass, long x, long weights, long y) {
        Pointer work = Addresses.of(workspace.of(plan.workspace));
        Pointer px = Addresses.of(x);
        Pointer pw = Addresses.of(weights);
        Pointer py = Addresses.of(y);
        return switch (pass) {
            case FORWARD ->
                cudnnConvolutionForward(
                        handle,
                        one,
                        plan.x,
                        px,
                        plan.weights,
                        pw,
                        plan.convolution,
                        plan.algorithm,
                        work,
                        plan.workspace,
                        zero,
                        plan.y,
                        py);
            case BACKWARD_DATA ->
                cudnnConvolutionBackwardData(
                        handle,
                        one,
                        plan.weights,
                        pw,
                        plan.y,
                        py,
                        plan.convolution,
                        plan.algorithm,
                        work,
                        plan.workspace,
                        zero,
                        plan.x,
                        px);
            case BACKWARD_WEIGHTS ->
                cudnnConvolutionBackwardFilter(
                        handle,
                        one,
                        plan.x,
                        px,
                        plan.y,
                        py,
                        plan.convolution,
                        plan.algorithm,
                        work,
                        plan.workspace,
                        zero,
                        plan.weights,
                        pw);
        };
    }

    /** Whether cuDNN says that it does not do this; its statuses come in groups of a thousand. */
    static boolean notSupported(int status) {
        return status / 1000 * 1000 == CUDNN_STATUS_NOT_SUPPORTED;
    }

    static void check(int status, String what) {
        if (status != 0) {
            throw new GramianException(
                    "cuDNN, " + what + ": " + cudnnGetErrorString(status).getString());
        }
    }

    @Override
    public void close() {
        plans.values().forEach(ConvolutionPlan::close);
        cudnnDestroy(handle);
        one.close();
        zero.close();
        workspace.close();
    }
}
