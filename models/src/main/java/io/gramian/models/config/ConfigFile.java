package io.gramian.models.config;

import io.gramian.GramianException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Configuration as YAML 1.2: a mapping of settings and of sections of settings. */
public final class ConfigFile {
    private ConfigFile() {}

    /**
     * Reads the settings of a file.
     *
     * @throws GramianException if the file cannot be read
     * @throws ConfigException if it is not a YAML mapping; the message has the line
     */
    public static Map<String, Object> read(Path path) {
        try {
            return parse(Files.readString(path), path.toString());
        } catch (NoSuchFileException e) {
            throw new GramianException("configuration " + path + " does not exist; check the path", e);
        } catch (IOException e) {
            throw new GramianException("configuration " + path + " could not be read: " + e.getMessage(), e);
        }
    }

    /** The same with dotted keys in place of sections: {@code optimizer.name}, in the order of the file. */
    public static Map<String, Object> readFlat(Path path) {
        return Settings.flatten("", read(path), path.toString());
    }

    /** As {@link #readFlat}, from a text; the origin is for messages. */
    public static Map<String, Object> parseFlat(String text, String origin) {
        return Settings.flatten("", parse(text, origin), origin);
    }

    /** Reads settings from a text; the origin is for messages. */
    public static Map<String, Object> parse(String text, String origin) {
        Object root;
        try {
            root = new Load(LoadSettings.builder().setLabel(origin).build()).loadFromString(text);
        } catch (MarkedYamlEngineException e) {
            String line = e.getProblemMark()
                    .map(mark -> " in line " + (mark.getLine() + 1))
                    .orElse("");
            throw new ConfigException(origin + line + ": expected YAML, got " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new ConfigException(origin + ": expected YAML, got " + e.getMessage());
        }
        if (root == null) {
            return Map.of();
        }
        if (!(root instanceof Map<?, ?> map)) {
            throw new ConfigException(
                    origin + ": expected settings such as 'epochs: 10', one a line, got '" + root + "'");
        }
        Map<String, Object> settings = new LinkedHashMap<>();
        map.forEach((key, value) -> settings.put(String.valueOf(key), value == null ? "" : value));
        return settings;
    }

    /** one {@code key=value} of the command line. */
    public static Map<String, Object> assignment(String text) {
        int at = text.indexOf('=');
        if (at < 1) {
            throw new ConfigException("--set: expected key=value, as in epochs=10, got '" + text + "'");
        }
        String value = text.substring(at + 1).strip();
        return Map.of(text.substring(0, at).strip(), value);
    }

    /** The settings as YAML text, with a first line that says what the file is. */
    public static String write(Settings settings, String heading) {
        DumpSettings format = DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.AUTO)
                .setIndent(2)
                .setWidth(120)
                .build();
        return "# " + heading + "\n" + new Dump(format).dumpToString(settings.nested());
    }

    /** A digest of the settings that does not depend on their order. */
    public static String digest(Map<String, Object> values) {
        byte[] bytes = new java.util.TreeMap<>(values).toString().getBytes(StandardCharsets.UTF_8);
        try {
            byte[] hash = java.security.MessageDigest.getInstance("SHA-256").digest(bytes);
            return java.util.HexFormat.of().formatHex(hash, 0, 16);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
