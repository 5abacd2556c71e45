package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Image augmentation: {@code image.h}. */
public final class Images {
    /** Bytes of a {@code gramian_view}. */
    private static final int VIEW_BYTES = 80;

    /** Box filters of this deviation still fit 32-bit sums; wider than any image that is used. */
    private static final float MAX_BOX_SIGMA = 10_000;

    private final Stream stream;
    private final NativeArrays arrays;

    Images(Stream stream) {
        this.stream = stream;
        this.arrays = stream.newArrays();
    }

    /**
     * Makes a batch of augmented views: each image is cropped, resized, and changed as its parameters say, in one pass.
     *
     * <p>Operations in order: crop and resize, flip, jitter, grey, blur, solarize, {@code (x - mean) / std}; jitter and grey
     * first where a view says so. Sources are uint8 (taken as x / 255) or float32 (taken as they are). All values are those
     * of torchvision's tensor functions; {@link #augmentBytes} rounds to bytes as Pillow does. Extra memory: on
     * the CPU a few result planes per thread, on CUDA as much as the result where a view has contrast or blur. The result depends on the parameters alone, not on the number of threads.
     *
     * @param views sources and parameters, one per result; their images may have any size, and lie in the memory of the
     *     device of {@code out}
     * @param source UINT8 or FLOAT32: what the sources hold
     * @param resampling interpolation of the resized crops
     * @param antialias whether the filter is widened when a crop shrinks
     * @param mean subtracted from each channel
     * @param std each channel is divided by; above 0
     * @param out receives float32 (n, height, width, channels) with 1 or 3 channels
     * @throws IllegalArgumentException if sizes or types do not fit
     */
    public void augment(
            List<ImageView> views,
            DType source,
            Resampling resampling,
            boolean antialias,
            float[] mean,
            float[] std,
            Tensor out) {
        if (source != DType.UINT8 && source != DType.FLOAT32) {
            throw new IllegalArgumentException("source: expected UINT8 or FLOAT32, got " + source);
        }
        for (ImageView view : views) {
            checkRadius(view.blur(), out);
        }
        run(
                views,
                mean,
                std,
                out,
                (kernels, context, at, height, width, channels) -> kernels.gramian_augment(
                        context,
                        views.size(),
                        at,
                        channels,
                        source == DType.FLOAT32 ? 1 : 0,
                        height,
                        width,
                        resampling == Resampling.BICUBIC ? 1 : 0,
                        antialias ? 1 : 0,
                        meanAt(at, views),
                        meanAt(at, views) + 4L * channels,
                        out.address()));
    }

    /**
     * Makes a batch of augmented views of uint8 images as Pillow and torchvision's transforms on Pillow images do, bit for
     * bit: every operation rounds to bytes. The pipelines of most papers' code work so.
     *
     * <p>Beside {@link #augment}: the order of operations is the same; resizing is always antialiased; the luma of grey,
     * contrast and saturation has the weights 19595, 38470 and 7471 of 65536; hue turns by whole 255ths; a blur is three box
     * filters of fractional radius in each direction, whose width follows from sigma alone; a threshold of t inverts bytes
     * from {@code 255 t} on. The result is {@code (byte / 255 - mean) / std}. Extra memory: the crop and a few results, in
     * bytes, per thread.
     *
     * @param views sources, uint8, and parameters, one per result; sigma at most 10000
     * @param resampling interpolation of the resized crops
     * @param mean subtracted from each channel
     * @param std each channel is divided by; above 0
     * @param out receives float32 (n, height, width, channels) with 1 or 3 channels
     * @throws IllegalArgumentException if sizes or types do not fit
     */
    public void augmentBytes(List<ImageView> views, Resampling resampling, float[] mean, float[] std, Tensor out) {
        for (ImageView view : views) {
            if (view.blur().radius() > 0 && !(view.blur().sigma() <= MAX_BOX_SIGMA)) {
                throw new IllegalArgumentException("blurSigma: expected at most " + MAX_BOX_SIGMA + " pixels, got "
                        + view.blur().sigma());
            }
        }
        run(
                views,
                mean,
                std,
                out,
                (kernels, context, at, height, width, channels) -> kernels.gramian_augment_bytes(
                        context,
                        views.size(),
                        at,
                        channels,
                        height,
                        width,
                        resampling == Resampling.BICUBIC ? 1 : 0,
                        meanAt(at, views),
                        meanAt(at, views) + 4L * channels,
                        out.address()));
    }

    /** A kernel on the views, mean and std at an address. */
    @FunctionalInterface
    private interface Call {
        int run(Kernels kernels, long context, long at, int height, int width, int channels);
    }

    /** Checks what both kinds have in common, stages the parameters and calls. */
    private synchronized void run(List<ImageView> views, float[] mean, float[] std, Tensor out, Call call) {
        Check.dtype("out", out, DType.FLOAT32);
        long[] sizes = out.shape().toArray();
        if (sizes.length != 4 || sizes[0] != views.size() || (sizes[3] != 1 && sizes[3] != 3)) {
            throw new IllegalArgumentException("out: expected shape (" + views.size()
                    + ", height, width, channels) with 1 or 3 channels, got " + out.shape());
        }
        checkStatistics(mean, std, sizes[3]);
        if (out.elements() == 0) {
            return;
        }
        int height = Math.toIntExact(sizes[1]);
        int width = Math.toIntExact(sizes[2]);
        int channels = (int) sizes[3];
        arrays.clear();
        int table = arrays.bytes(encode(views, mean, std));
        arrays.publish();
        stream.run((kernels, context) -> call.run(kernels, context, arrays.at(table), height, width, channels));
        out.touch();
    }

    /** Behind the views; std follows. */
    private static long meanAt(long at, List<ImageView> views) {
        return at + (long) views.size() * VIEW_BYTES;
    }

    private static void checkRadius(ImageView.Blur blur, Tensor out) {
        if (out.shape().rank() != 4) {
            return; // refused below, with the shape
        }
        long height = out.shape().size(1);
        long width = out.shape().size(2);
        if (out.elements() > 0 && blur.radius() >= Math.min(height, width)) {
            throw new IllegalArgumentException(
                    "blurRadius: expected less than the result's " + height + " x " + width + ", got " + blur.radius());
        }
    }

    private static void checkStatistics(float[] mean, float[] std, long channels) {
        if (mean.length != channels || std.length != channels) {
            throw new IllegalArgumentException(
                    "mean, std: expected " + channels + " values each, got " + mean.length + " and " + std.length);
        }
        for (int c = 0; c < channels; c++) {
            Check.nonNegative("|mean|", Math.abs(mean[c]));
            Check.positive("std", std[c]);
        }
    }

    /** The views as an array of {@code gramian_view}, then mean, then std. */
    private static ByteBuffer encode(List<ImageView> views, float[] mean, float[] std) {
        ByteBuffer bytes = ByteBuffer.allocate(views.size() * VIEW_BYTES + 8 * mean.length);
        bytes.order(ByteOrder.nativeOrder());
        for (ImageView view : views) {
            encode(view, bytes);
        }
        for (float value : mean) {
            bytes.putFloat(value);
        }
        for (float value : std) {
            bytes.putFloat(value);
        }
        return bytes.flip();
    }

    private static void encode(ImageView view, ByteBuffer bytes) {
        ImageView.Crop crop = view.crop();
        ImageView.Jitter jitter = view.jitter();
        int order = 0;
        for (int i = jitter.order().size() - 1; i >= 0; i--) {
            order = order << 4 | jitter.order().get(i).ordinal() + 1;
        }
        bytes.putLong(view.pixels()).putInt(view.height()).putInt(view.width());
        bytes.putInt(crop.top()).putInt(crop.left()).putInt(crop.height()).putInt(crop.width());
        bytes.putInt(view.flip() ? 1 : 0).putInt(order);
        bytes.putFloat(jitter.brightness()).putFloat(jitter.contrast());
        bytes.putFloat(jitter.saturation()).putFloat(jitter.hue());
        bytes.putInt(view.grey() ? 1 : 0).putInt(view.blur().radius());
        bytes.putFloat(view.blur().sigma()).putFloat(view.solarize());
        bytes.putInt(view.colourFirst() ? 1 : 0).putInt(0);
    }
}
