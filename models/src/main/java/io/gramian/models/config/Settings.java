package io.gramian.models.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Values of settings by key. A key may be shortened to its last word where that is unambiguous: {@code lambda} for
 * {@code loss.lambda}. Immutable; {@link #with} returns a copy.
 */
public final class Settings {
    private final Map<String, Setting> schema;
    private final Map<String, Object> values;

    private Settings(Map<String, Setting> schema, Map<String, Object> values) {
        this.schema = schema;
        this.values = values;
    }

    /** The defaults of a schema. */
    public static Settings of(Collection<Setting> schema) {
        Map<String, Setting> byKey = new LinkedHashMap<>();
        Map<String, Object> values = new LinkedHashMap<>();
        for (Setting setting : schema) {
            byKey.put(setting.key(), setting);
            values.put(setting.key(), setting.initial());
        }
        return new Settings(byKey, values);
    }

    /**
     * A copy with some values replaced.
     *
     * @param changes raw values by key; nested maps are sections
     * @param origin where they came from, for messages
     * @throws ConfigException for a key that does not exist or a value that is not allowed
     */
    public Settings with(Map<String, ?> changes, String origin) {
        Map<String, Object> changed = new LinkedHashMap<>(values);
        flatten("", changes, origin).forEach((key, raw) -> {
            Setting setting = find(key, origin);
            changed.put(setting.key(), setting.parse(raw, origin));
        });
        return new Settings(schema, changed);
    }

    /**
     * The full keys of what changes say.
     *
     * @param changes as in {@link #with}
     * @param origin as in {@link #with}
     * @throws ConfigException for a key that does not exist
     */
    public Set<String> keys(Map<String, ?> changes, String origin) {
        Set<String> keys = new LinkedHashSet<>();
        flatten("", changes, origin)
                .keySet()
                .forEach(key -> keys.add(find(key, origin).key()));
        return keys;
    }

    /** Turns nested sections into dotted keys. */
    static Map<String, Object> flatten(String prefix, Map<String, ?> changes, String origin) {
        Map<String, Object> flat = new LinkedHashMap<>();
        changes.forEach((key, value) -> {
            if (value instanceof Map<?, ?> section) {
                Map<String, Object> inner = new LinkedHashMap<>();
                section.forEach((name, each) -> inner.put(String.valueOf(name), each));
                flat.putAll(flatten(prefix + key + ".", inner, origin));
            } else {
                flat.put(prefix + key, value == null ? "" : value);
            }
        });
        return flat;
    }

    private Setting find(String key, String origin) {
        String wanted = key.replace('-', '_');
        Setting exact = schema.get(wanted);
        if (exact != null) {
            return exact;
        }
        List<String> matches = new ArrayList<>();
        for (String candidate : schema.keySet()) {
            if (candidate.endsWith("." + wanted)) {
                matches.add(candidate);
            }
        }
        if (matches.size() == 1) {
            return Objects.requireNonNull(schema.get(matches.get(0)));
        }
        if (matches.size() > 1) {
            throw new ConfigException(origin + ": " + key + " could be any of " + String.join(", ", matches));
        }
        throw new ConfigException(origin + ": there is no setting " + key + suggestion(wanted));
    }

    private String suggestion(String wanted) {
        String near = Spelling.nearest(wanted, schema.keySet());
        if (near == null) {
            Map<String, String> tails = new LinkedHashMap<>();
            schema.keySet().forEach(key -> tails.put(key.substring(key.lastIndexOf('.') + 1), key));
            String tail = Spelling.nearest(wanted.substring(wanted.lastIndexOf('.') + 1), tails.keySet());
            near = tail == null ? null : tails.get(tail);
        }
        if (near != null) {
            return "; did you mean " + near + "?";
        }
        String section = wanted.contains(".") ? wanted.substring(0, wanted.lastIndexOf('.') + 1) : "";
        List<String> siblings =
                schema.keySet().stream().filter(key -> key.startsWith(section)).toList();
        return "; there are " + String.join(", ", siblings.isEmpty() ? schema.keySet() : siblings);
    }

    /** The settings, in order. */
    public Collection<Setting> schema() {
        return schema.values();
    }

    /** All values by dotted key, in order. */
    public Map<String, Object> values() {
        return Collections.unmodifiableMap(values);
    }

    /** All values as nested sections, in order: what config.yaml holds. */
    public Map<String, Object> nested() {
        Map<String, Object> root = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            Map<String, Object> section = root;
            String[] path = key.split("\\.");
            for (int i = 0; i < path.length - 1; i++) {
                section = section(section, path[i]);
            }
            section.put(path[path.length - 1], value);
        });
        return root;
    }

    @SuppressWarnings("unchecked") // every value below a section's name is a section that this method made
    private static Map<String, Object> section(Map<String, Object> parent, String name) {
        return (Map<String, Object>) parent.computeIfAbsent(name, key -> new LinkedHashMap<String, Object>());
    }

    /** Whether there is such a setting, by its full key. */
    public boolean has(String key) {
        return values.containsKey(key);
    }

    /** Value of an integer setting. */
    public long integer(String key) {
        return (Long) value(key);
    }

    /** Value of an integer setting that fits 32 bits. */
    public int small(String key) {
        return Math.toIntExact(integer(key));
    }

    /** Value of a number setting. */
    public double number(String key) {
        return (Double) value(key);
    }

    /** Value of a true-or-false setting. */
    public boolean flag(String key) {
        return (Boolean) value(key);
    }

    /** Value of a text or choice setting. */
    public String text(String key) {
        return (String) value(key);
    }

    /** Value of a list setting. */
    public List<Integer> integers(String key) {
        return ((List<?>) value(key))
                .stream().map(each -> Math.toIntExact((Long) each)).toList();
    }

    private Object value(String key) {
        Object value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("no setting " + key + "; there are " + values.keySet());
        }
        return value;
    }
}
