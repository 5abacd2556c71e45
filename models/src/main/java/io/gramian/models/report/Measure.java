package io.gramian.models.report;

import io.gramian.models.eval.Evaluation;
import io.gramian.spectrum.Spectrum;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * A number that is compared.
 *
 * @param name heading of its column
 * @param meaning what it is, in a few words
 * @param share whether it is an accuracy: shown as a percentage, the largest stands out
 * @param ofRun its value for a run, NaN if it is not known
 * @param ofRow its value for features that are only there to compare with
 */
record Measure(
        String name,
        String meaning,
        boolean share,
        ToDoubleFunction<ComparedRun> ofRun,
        ToDoubleFunction<Evaluation.Row> ofRow) {

    /** The measures that at least one of the runs has a value for. */
    static List<Measure> of(List<ComparedRun> runs) {
        List<Measure> all = new ArrayList<>();
        all.add(accuracy("kNN", "nearest neighbours by cosine", Evaluation.Row::knn));
        all.add(accuracy("linear probe", "logistic regression on frozen features", Evaluation.Row::linear));
        Set<String> more = new LinkedHashSet<>();
        runs.forEach(run -> run.row(Evaluation.TRAINED)
                .ifPresent(row -> more.addAll(row.more().keySet())));
        more.forEach(name ->
                all.add(accuracy(heading(name), meaning(name), row -> row.more().getOrDefault(name, Double.NaN))));
        ToDoubleFunction<Evaluation.Row> rank =
                row -> row.spectrum().map(Spectrum::rankMe).orElse(Double.NaN);
        all.add(new Measure("RankMe", "dimensions in use, of the features", false, trained(rank), rank));
        ToDoubleFunction<Evaluation.Row> effective =
                row -> row.spectrum().map(Spectrum::effectiveRank).orElse(Double.NaN);
        all.add(new Measure("effective rank", "RankMe without its eps", false, trained(effective), effective));
        all.add(ofRun(
                "RankMe embedding",
                "dimensions in use, of the projector's output for the probe batch",
                run -> run.embedding().map(RunMetrics.SpectrumAt::rankMe).orElse(Double.NaN)));
        all.add(ofRun("last loss", "of the last step; comparable within one method only", ComparedRun::lastLoss));
        all.add(ofRun("images/s", "training images a second", ComparedRun::imagesPerSecond));
        all.removeIf(measure -> runs.stream().noneMatch(run -> Double.isFinite(measure.of(run))));
        return all;
    }

    private static Measure accuracy(String name, String meaning, ToDoubleFunction<Evaluation.Row> value) {
        return new Measure(name, meaning, true, trained(value), value);
    }

    private static Measure ofRun(String name, String meaning, ToDoubleFunction<ComparedRun> value) {
        return new Measure(name, meaning, false, value, row -> Double.NaN);
    }

    private static ToDoubleFunction<ComparedRun> trained(ToDoubleFunction<Evaluation.Row> value) {
        return run -> run.row(Evaluation.TRAINED).map(value::applyAsDouble).orElse(Double.NaN);
    }

    private static final Map<String, String[]> NAMES = Map.of(
            Evaluation.KNN_EUCLIDEAN, new String[] {"kNN Euclidean", "one vote for each of the Euclidean neighbours"},
            Evaluation.LINEAR_SGD, new String[] {"linear probe SGD", "the papers' recipe on frozen features"},
            Evaluation.FINE_TUNED, new String[] {"fine-tuned", "the whole network trained on with labels"});

    /** Heading of a further accuracy of an evaluation. */
    static String heading(String name) {
        String[] known = NAMES.get(name);
        return known != null ? known[0] : name.startsWith(Evaluation.FEW) ? percent(name) + " labels" : name;
    }

    private static String meaning(String name) {
        String[] known = NAMES.get(name);
        return known != null
                ? known[1]
                : name.startsWith(Evaluation.FEW) ? "linear probe with " + percent(name) + " of the labels" : name;
    }

    private static String percent(String few) {
        try {
            return Markup.value(100 * Double.parseDouble(few.substring(Evaluation.FEW.length()))) + " %";
        } catch (NumberFormatException other) {
            return few;
        }
    }

    double of(ComparedRun run) {
        return ofRun.applyAsDouble(run);
    }

    double of(Evaluation.Row row) {
        return ofRow.applyAsDouble(row);
    }

    /** A value as text; empty if it is not known. */
    String text(double value) {
        if (!Double.isFinite(value)) {
            return "";
        }
        return share
                ? String.format(Locale.ROOT, "%.2f %%", 100 * value)
                : value >= 1000 ? String.format(Locale.ROOT, "%,.0f", value) : Markup.value(value);
    }

    /** The largest value of the runs; NaN if it means nothing to be the largest, or for a single run. */
    double best(List<ComparedRun> runs) {
        return share && runs.size() > 1
                ? runs.stream()
                        .mapToDouble(this::of)
                        .filter(Double::isFinite)
                        .max()
                        .orElse(Double.NaN)
                : Double.NaN;
    }
}
