package io.gramian.models.train;

import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Spelling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Parameters as a user names them: by a whole name or the beginning of one up to a dot, where {@code *} stands for anything, as in
 * {@code projector}, {@code backbone.layer1.0} or {@code *.bn1.weight}.
 */
final class ParameterNames {
    private ParameterNames() {}

    /** Whether a name means a parameter. */
    static boolean match(String name, String parameter) {
        String literal =
                Arrays.stream(name.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
        return parameter.matches(literal + "(\\..*)?");
    }

    /**
     * Checks that every name means a parameter.
     *
     * @param setting that has the names
     * @param words that may stand beside them, for whoever has mistyped one
     * @throws ConfigException naming the first that does not, and the parts of the networks
     */
    static void check(String setting, List<String> words, Collection<String> names, Collection<String> parameters) {
        for (String name : names) {
            if (parameters.stream().noneMatch(parameter -> match(name, parameter))) {
                List<String> parts = parameters.stream()
                        .map(parameter -> parameter.substring(0, Math.max(1, parameter.indexOf('.'))))
                        .distinct()
                        .toList();
                List<String> known = new ArrayList<>(words);
                known.addAll(parts);
                String near = Spelling.nearest(name, known);
                throw new ConfigException(setting + ": no parameter begins with " + name + "; the parts are "
                        + String.join(", ", parts) + (near == null ? "" : "; did you mean " + near + "?"));
            }
        }
    }
}
