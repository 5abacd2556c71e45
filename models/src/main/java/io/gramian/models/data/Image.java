package io.gramian.models.data;

/**
 * A decoded image.
 *
 * @param height rows
 * @param width columns
 * @param channels 1 (grey) or 3 (red, green, blue)
 * @param pixels height x width x channels bytes, row-major, channels innermost; shared, not to be changed
 */
public record Image(int height, int width, int channels, byte[] pixels) {
    /** Checks that the sizes fit. */
    public Image {
        if (height < 1 || width < 1 || (channels != 1 && channels != 3)) {
            throw new IllegalArgumentException("expected an image of at least 1 x 1 with 1 or 3 channels, got " + height
                    + " x " + width + " x " + channels);
        }
        if (pixels.length != (long) height * width * channels) {
            throw new IllegalArgumentException("expected " + (long) height * width * channels
                    + " bytes for an image of " + height + " x " + width + " x " + channels + ", got " + pixels.length);
        }
    }
}
