package io.gramian.models.report;

import java.util.List;

/** Names of the classes of a data set; {@code class 7} where there is none. */
record ClassNames(List<String> names) {
    String of(int label) {
        return label >= 0 && label < names.size() && !names.get(label).isBlank() ? names.get(label) : "class " + label;
    }
}
