package io.gramian.models.data;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.HashMap;
import java.util.Map;

/** Images of one size in one tensor, and a copy of them on each other device that asked for one. Owns all of them. */
final class PackedPixels implements AutoCloseable {
    private final Tensor pixels;
    private final Map<Device, Tensor> copies = new HashMap<>();

    /**
     * Takes the images over.
     *
     * @param pixels uint8 (n, height, width, channels), of no scope
     */
    PackedPixels(Tensor pixels) {
        this.pixels = pixels;
    }

    /** The images where they were first. */
    Tensor first() {
        return pixels;
    }

    /** The images on a device; brought there by the first that asks, who waits for it, since others have other streams. */
    synchronized Tensor on(Device device) {
        if (device == pixels.device()) {
            return pixels;
        }
        return copies.computeIfAbsent(device, there -> {
            long[] sizes = pixels.shape().toArray();
            Tensor copy = Scope.detach(Tensor.empty(there, DType.UINT8, sizes).copyFrom(pixels));
            there.backend().memory().current().synchronise();
            return copy;
        });
    }

    @Override
    public synchronized void close() {
        pixels.close();
        copies.values().forEach(Tensor::close);
        copies.clear();
    }
}
