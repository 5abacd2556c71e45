package io.gramian.models.format;

import io.gramian.DType;
import io.gramian.GramianException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The dictionary of an .npy file: {@code {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }}. */
record NpyHeader(DType dtype, long[] sizes) {
    /** Far above what NumPy can make (32, since 2.0: 64). */
    private static final int MAX_RANK = 64;

    static NpyHeader parse(Path path, String text) {
        return new Parser(path, text).header();
    }

    /** Checks that the data has just the bytes that the shape needs. */
    void checkBytes(Path path, long available) {
        try {
            long bytes = dtype.bytes();
            for (long size : sizes) {
                bytes = Math.multiplyExact(bytes, size);
            }
            if (bytes != available) {
                throw new GramianException(path + ": expected " + bytes + " bytes of data for its shape, got "
                        + available + "; the file is " + (available < bytes ? "cut off" : "too long"));
            }
        } catch (ArithmeticException overflow) {
            throw new GramianException(
                    path + ": its shape has more elements than any file can hold; it is damaged", overflow);
        }
    }

    private static DType dtype(Path path, String descr) {
        return switch (descr) {
            case "<f4" -> DType.FLOAT32;
            case "<f8" -> DType.FLOAT64;
            case "<i4" -> DType.INT32;
            case "<i8" -> DType.INT64;
            case "|u1", "<u1" -> DType.UINT8;
            default ->
                throw new GramianException(path + ": expected type <f4, <f8, <i4, <i8 or |u1, got '" + printable(descr)
                        + "'; save it with numpy.save(file, array.astype('<f4'))");
        };
    }

    private static String printable(String text) {
        String clean = text.replaceAll("[^\\x20-\\x7e]", "?");
        return clean.length() > 40 ? clean.substring(0, 40) + "..." : clean;
    }

    /** Reads the three entries of the dictionary, in any order. */
    private static final class Parser {
        private final Path path;
        private final String text;
        private int at;

        Parser(Path path, String text) {
            this.path = path;
            this.text = text;
        }

        NpyHeader header() {
            @Nullable String descr = null;
            @Nullable Boolean fortran = null;
            long @Nullable [] sizes = null;
            expect('{');
            while (!accept('}')) {
                String key = string();
                expect(':');
                if (key.equals("descr") && descr == null) {
                    descr = string();
                } else if (key.equals("fortran_order") && fortran == null) {
                    fortran = bool();
                } else if (key.equals("shape") && sizes == null) {
                    sizes = tuple();
                } else {
                    throw damaged("an unknown or repeated key '" + printable(key) + "'");
                }
                if (!accept(',')) {
                    expect('}');
                    break;
                }
            }
            skipSpace();
            if (at != text.length() || descr == null || fortran == null || sizes == null) {
                throw damaged("something else");
            }
            DType dtype = dtype(path, descr);
            if (fortran && sizes.length > 1) {
                throw new GramianException(path + ": expected C order, got Fortran order; save it with"
                        + " numpy.save(file, numpy.ascontiguousarray(array))");
            }
            return new NpyHeader(dtype, sizes);
        }

        private String string() {
            skipSpace();
            char quote = at < text.length() ? text.charAt(at) : 0;
            int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
            if (end < 0) {
                throw damaged("no string at position " + at + " (structured types are not read)");
            }
            String value = text.substring(at + 1, end);
            at = end + 1;
            return value;
        }

        private boolean bool() {
            skipSpace();
            for (String word : new String[] {"True", "False"}) {
                if (text.startsWith(word, at)) {
                    at += word.length();
                    return word.equals("True");
                }
            }
            throw damaged("a fortran_order that is neither True nor False");
        }

        private long[] tuple() {
            List<Long> sizes = new ArrayList<>();
            expect('(');
            while (!accept(')')) {
                sizes.add(number());
                if (!accept(',')) {
                    expect(')');
                    break;
                }
            }
            if (sizes.size() > MAX_RANK) {
                throw damaged(sizes.size() + " axes");
            }
            return sizes.stream().mapToLong(Long::longValue).toArray();
        }

        private long number() {
            skipSpace();
            int start = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            // 18 digits cannot overflow a long
            if (at == start || at - start > 18) {
                throw damaged("no size at position " + start);
            }
            return Long.parseLong(text.substring(start, at));
        }

        private void skipSpace() {
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
                at++;
            }
        }

        private boolean accept(char wanted) {
            skipSpace();
            boolean found = at < text.length() && text.charAt(at) == wanted;
            at += found ? 1 : 0;
            return found;
        }

        private void expect(char wanted) {
            if (!accept(wanted)) {
                throw damaged("no '" + wanted + "' at position " + at);
            }
        }

        private GramianException damaged(String got) {
            return new GramianException(path + ": expected a header with descr, fortran_order and shape, got " + got
                    + "; the file is damaged");
        }
    }
}
