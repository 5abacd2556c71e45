package io.gramian.models.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One field of the configuration: its key, type, default, allowed values and meaning.
 *
 * @param key dotted name, as in {@code optimizer.momentum}
 * @param kind type of the value
 * @param initial value when nobody says otherwise
 * @param minimum least number allowed, for numbers
 * @param maximum greatest number allowed, for numbers
 * @param choices allowed words, for {@link Kind#CHOICE}
 * @param meaning one line for the help
 */
public record Setting(
        String key, Kind kind, Object initial, double minimum, double maximum, List<String> choices, String meaning) {

    /** Type of a setting's value. */
    public enum Kind {
        /** A {@link Long}. */
        INTEGER("an integer"),
        /** A {@link Double}. */
        NUMBER("a number"),
        /** A {@link Boolean}. */
        BOOLEAN("true or false"),
        /** A {@link String}. */
        TEXT("a text"),
        /** A {@link String} out of {@link Setting#choices}. */
        CHOICE("one of"),
        /** A {@code List<Long>}. */
        INTEGERS("a list of integers such as [2, 2, 2, 2]");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    /** An integer within bounds, both inclusive. */
    public static Setting integer(String key, long initial, double minimum, double maximum, String meaning) {
        return new Setting(key, Kind.INTEGER, initial, minimum, maximum, List.of(), meaning);
    }

    /** A finite number within bounds, both inclusive. */
    public static Setting number(String key, double initial, double minimum, double maximum, String meaning) {
        return new Setting(key, Kind.NUMBER, initial, minimum, maximum, List.of(), meaning);
    }

    /** True or false. */
    public static Setting flag(String key, boolean initial, String meaning) {
        return new Setting(key, Kind.BOOLEAN, initial, 0, 0, List.of(), meaning);
    }

    /** Any text. */
    public static Setting text(String key, String initial, String meaning) {
        return new Setting(key, Kind.TEXT, initial, 0, 0, List.of(), meaning);
    }

    /** One of several words. */
    public static Setting choice(String key, String initial, List<String> choices, String meaning) {
        return new Setting(key, Kind.CHOICE, initial, 0, 0, List.copyOf(choices), meaning);
    }

    /** A list of integers within bounds, both inclusive. */
    public static Setting integers(String key, List<Long> initial, double minimum, double maximum, String meaning) {
        return new Setting(key, Kind.INTEGERS, List.copyOf(initial), minimum, maximum, List.of(), meaning);
    }

    /** What may stand here, in words: as in {@code an integer of 1 or more}. */
    public String allowed() {
        return switch (kind) {
            case CHOICE -> "one of " + String.join(", ", choices);
            case INTEGER, NUMBER, INTEGERS -> kind.words + bounds();
            default -> kind.words;
        };
    }

    private String bounds() {
        String least = plain(minimum);
        if (maximum >= Long.MAX_VALUE) {
            return minimum <= Long.MIN_VALUE ? "" : " of " + least + " or more";
        }
        return " from " + least + " to " + plain(maximum);
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    /**
     * Turns a raw value, from YAML or from text on the command line, into this setting's type.
     *
     * @param raw the value as it came
     * @param origin where it came from, for the message
     * @throws ConfigException when it is of another type or not allowed
     */
    public Object parse(@Nullable Object raw, String origin) {
        Object value =
                switch (kind) {
                    case INTEGER -> integerOf(raw);
                    case NUMBER -> numberOf(raw);
                    case BOOLEAN -> booleanOf(raw);
                    case TEXT, CHOICE -> raw instanceof String || raw instanceof Number ? raw.toString() : null;
                    case INTEGERS -> integersOf(raw);
                };
        if (value == null || !within(value)) {
            throw new ConfigException(origin + ": " + key + " must be " + allowed() + ", got "
                    + (raw instanceof String ? "'" + raw + "'" : String.valueOf(raw)) + hint(raw));
        }
        return value;
    }

    private String hint(@Nullable Object raw) {
        String near = kind == Kind.CHOICE && raw != null ? Spelling.nearest(raw.toString(), choices) : null;
        return near == null ? "" : "; did you mean " + near + "?";
    }

    private boolean within(Object value) {
        return switch (kind) {
            case INTEGER, NUMBER -> inBounds(((Number) value).doubleValue());
            case CHOICE -> choices.contains(value);
            case INTEGERS -> ((List<?>) value).stream().allMatch(each -> inBounds(((Number) each).doubleValue()));
            default -> true;
        };
    }

    private boolean inBounds(double value) {
        return value >= minimum && value <= maximum;
    }

    private static @Nullable Long integerOf(@Nullable Object raw) {
        if (raw instanceof Integer || raw instanceof Long) {
            return ((Number) raw).longValue();
        }
        try {
            return raw instanceof String text ? Long.valueOf(text.strip().replace("_", "")) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Double numberOf(@Nullable Object raw) {
        Double value = null;
        if (raw instanceof Number number) {
            value = number.doubleValue();
        } else if (raw instanceof String text) {
            try {
                value = Double.valueOf(text.strip());
            } catch (NumberFormatException e) {
                return null;
            }
        }
        return value != null && Double.isFinite(value) ? value : null;
    }

    private static @Nullable Boolean booleanOf(@Nullable Object raw) {
        if (raw instanceof Boolean value) {
            return value;
        }
        return "true".equals(raw) ? Boolean.TRUE : "false".equals(raw) ? Boolean.FALSE : null;
    }

    private static @Nullable List<Long> integersOf(@Nullable Object raw) {
        List<?> items;
        if (raw instanceof List<?> list) {
            items = list;
        } else if (raw instanceof String text) {
            String inner = text.strip().replaceAll("^\\[|\\]$", "").strip();
            items = inner.isEmpty() ? List.of() : Arrays.asList(inner.split("\\s*,\\s*"));
        } else {
            return null;
        }
        List<Long> values = new ArrayList<>();
        for (Object item : items) {
            Long value = integerOf(item);
            if (value == null) {
                return null;
            }
            values.add(value);
        }
        return List.copyOf(values);
    }
}
