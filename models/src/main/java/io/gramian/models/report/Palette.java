package io.gramian.models.report;

import java.util.Locale;

/** Colours that people with colour vision deficiencies can tell apart. */
final class Palette {
    /**
     * Ten hues after Paul Tol ("bright" and "muted", 2021) and Okabe and Ito (2008), readable on white and on black.
     */
    private static final String[] CLASSES = {
        "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#ee8866", "#44aa99", "#999933", "#8877cc"
    };
    /** Viridis (van der Walt and Smith, 2015) at nine equal steps. */
    private static final int[] VIRIDIS = {
        0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725
    };

    private Palette() {}

    /** Colour of a class; repeats after ten. */
    static String of(int label) {
        return CLASSES[Math.floorMod(label, CLASSES.length)];
    }

    /** Viridis at a share in [0, 1], without its ends, which are lost on black and on white paper. */
    static String sequence(double share) {
        return full(0.2 + 0.72 * Math.max(0, Math.min(1, share)));
    }

    /** Viridis at a share in [0, 1], with its ends. */
    static String full(double share) {
        double at = Math.max(0, Math.min(1, share)) * (VIRIDIS.length - 1);
        int low = (int) Math.min(VIRIDIS.length - 2, Math.floor(at));
        double rest = at - low;
        int colour = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            double mixed = (VIRIDIS[low] >> shift & 255) * (1 - rest) + (VIRIDIS[low + 1] >> shift & 255) * rest;
            colour |= (int) Math.round(mixed) << shift;
        }
        return String.format(Locale.ROOT, "#%06x", colour);
    }
}
