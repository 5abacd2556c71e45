package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Image augmentation: {@code image.h}. */
public final class Images {
    /** Bytes of a {@code gramian_view}. */
    private static final int VIEW_BYTES = 80;

    private final Stream stream;

    Images(Stream stream) {
        this.stream = stream;
    }

    /**
     * Makes a batch of augmented views: each image is cropped, resized, and changed as its parameters say, in one pass.
     *
     * <p>Operations in order: crop and resize, flip, jitter, grey, blur, solarize, {@code (x - mean) / std}; jitter and grey
     * first where a view says so. Sources are uint8 (taken as x / 255) or float32 (taken as they are). All values are those
     * of torchvision's tensor functions; Pillow's rounding to bytes after every operation is not imitated. Extra memory: a
     * few result planes per thread. The result depends on the parameters alone, not on the number of threads.
     *
     * @param views sources and parameters, one per result; their images may have any size
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
        Check.dtype("out", out, DType.FLOAT32);
        long[] sizes = out.shape().toArray();
        if (sizes.length != 4 || sizes[0] != views.size() || (sizes[3] != 1 && sizes[3] != 3)) {
            throw new IllegalArgumentException("out: expected shape (" + views.size()
                    + ", height, width, channels) with 1 or 3 channels, got " + out.shape());
        }
        if (source != DType.UINT8 && source != DType.FLOAT32) {
            throw new IllegalArgumentException("source: expected UINT8 or FLOAT32, got " + source);
        }
        checkStatistics(mean, std, sizes[3]);
        if (out.elements() == 0) {
            return;
        }
        int height = Math.toIntExact(sizes[1]);
        int width = Math.toIntExact(sizes[2]);
        int channels = (int) sizes[3];
        int statistics = views.size() * VIEW_BYTES;
        try (Tensor table = Tensor.empty(out.device(), DType.UINT8, statistics + 8L * channels)) {
            table.putBytes(0, encode(views, mean, std, height, width));
            long at = table.address();
            long meanAt = at + statistics;
            stream.run((kernels, context) -> kernels.gramian_augment(
                    context,
                    views.size(),
                    at,
                    channels,
                    source == DType.FLOAT32 ? 1 : 0,
                    height,
                    width,
                    resampling == Resampling.BICUBIC ? 1 : 0,
                    antialias ? 1 : 0,
                    meanAt,
                    meanAt + 4L * channels,
                    out.address()));
        }
        out.touch();
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
    private static ByteBuffer encode(List<ImageView> views, float[] mean, float[] std, int height, int width) {
        ByteBuffer bytes = ByteBuffer.allocate(views.size() * VIEW_BYTES + 8 * mean.length);
        bytes.order(ByteOrder.nativeOrder());
        for (ImageView view : views) {
            if (view.blur().radius() >= Math.min(height, width)) {
                throw new IllegalArgumentException("blurRadius: expected less than the result's " + height + " x "
                        + width + ", got " + view.blur().radius());
            }
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
