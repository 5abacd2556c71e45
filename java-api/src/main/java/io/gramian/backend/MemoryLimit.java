package io.gramian.backend;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes in words, as in {@code 20g}. */
final class MemoryLimit {
    private static final Pattern FORM = Pattern.compile("(\\d{1,15})([kmg]?)");

    private MemoryLimit() {}

    static long parse(String text) {
        Matcher words = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!words.matches()) {
            throw new IllegalArgumentException(
                    "gramian.cuda.memoryLimit: expected bytes, or a number with k, m or g, such as 20g, got '" + text
                            + "'");
        }
        int shift = "kmg".indexOf(words.group(2)) * 10 + 10;
        return Math.multiplyExact(Long.parseLong(words.group(1)), words.group(2).isEmpty() ? 1 : 1L << shift);
    }
}
