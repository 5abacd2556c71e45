package io.gramian.loss;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A loss and the terms that it is made of.
 *
 * @param loss the value
 * @param terms terms by name, without their weights, in the order of the formula; empty for a loss of one term
 */
public record LossTerms(double loss, Map<String, Double> terms) {
    /** Keeps a copy of the terms. */
    public LossTerms {
        terms = Collections.unmodifiableMap(new LinkedHashMap<>(terms));
    }

    /** A loss without terms. */
    static LossTerms of(double loss) {
        return new LossTerms(loss, Map.of());
    }

    /** With one more term behind the others. */
    LossTerms with(String name, double value) {
        Map<String, Double> more = new LinkedHashMap<>(terms);
        more.put(name, value);
        return new LossTerms(loss, more);
    }
}
