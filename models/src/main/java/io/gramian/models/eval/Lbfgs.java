package io.gramian.models.eval;

import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * Minimises a smooth convex function: limited-memory BFGS (Nocedal 1980) with backtracking to sufficient decrease
 * (Armijo, 1e-4). Deterministic; no step size to tune.
 */
final class Lbfgs {
    private static final int HISTORY = 10;
    private static final double SUFFICIENT = 1e-4;
    private static final int HALVINGS = 30;

    private final int iterations;
    private final double tolerance;

    /**
     * Settings.
     *
     * @param iterations most steps
     * @param tolerance stops when {@value #PATIENCE} steps together lower the value by less than this share of it
     */
    Lbfgs(int iterations, double tolerance) {
        this.iterations = iterations;
        this.tolerance = tolerance;
    }

    static final int PATIENCE = 5;

    /** A function of many variables. */
    interface Objective {
        /** Value at {@code x}; overwrites {@code gradient}. */
        double at(double[] x, double[] gradient);
    }

    /** A step, its change of gradient, and the inverse of their product. */
    private record Pair(double[] step, double[] change, double rho) {}

    /** Moves {@code x} to the minimum and returns the value there; NaN if the function is not finite at the start. */
    double minimise(Objective objective, double[] x) {
        double[] gradient = new double[x.length];
        double[] trial = new double[x.length];
        double[] trialGradient = new double[x.length];
        ArrayDeque<Pair> pairs = new ArrayDeque<>();
        double value = objective.at(x, gradient);
        double[] recent = new double[PATIENCE];
        for (int t = 0; t < iterations && Double.isFinite(value); t++) {
            double[] direction = direction(gradient, pairs);
            double slope = dot(direction, gradient);
            if (!(slope < 0)) {
                break;
            }
            double scale = pairs.isEmpty() ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
            double next = Double.NaN;
            for (int h = 0; h < HALVINGS; h++, scale /= 2) {
                for (int i = 0; i < x.length; i++) {
                    trial[i] = x[i] + scale * direction[i];
                }
                next = objective.at(trial, trialGradient);
                if (next <= value + SUFFICIENT * scale * slope) {
                    break;
                }
            }
            if (!(next < value)) {
                break; // no digit left to gain
            }
            remember(pairs, x, trial, gradient, trialGradient);
            System.arraycopy(trial, 0, x, 0, x.length);
            System.arraycopy(trialGradient, 0, gradient, 0, x.length);
            double before = recent[t % PATIENCE];
            recent[t % PATIENCE] = value;
            value = next;
            if (t >= PATIENCE && before - value < tolerance * Math.abs(value)) {
                break;
            }
        }
        return value;
    }

    private static void remember(
            ArrayDeque<Pair> pairs, double[] x, double[] next, double[] gradient, double[] nextGradient) {
        double[] step = new double[x.length];
        double[] change = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            step[i] = next[i] - x[i];
            change[i] = nextGradient[i] - gradient[i];
        }
        double product = dot(step, change);
        // curvature too small to tell from rounding would make the next direction wild
        if (product > 1e-10 * Math.sqrt(dot(step, step) * dot(change, change))) {
            pairs.addLast(new Pair(step, change, 1 / product));
            if (pairs.size() > HISTORY) {
                pairs.removeFirst();
            }
        }
    }

    /** Minus the gradient times the approximate inverse Hessian: the two loops of the paper. */
    private static double[] direction(double[] gradient, ArrayDeque<Pair> pairs) {
        double[] q = new double[gradient.length];
        for (int i = 0; i < q.length; i++) {
            q[i] = -gradient[i];
        }
        double[] alpha = new double[pairs.size()];
        int at = pairs.size();
        for (Iterator<Pair> newest = pairs.descendingIterator(); newest.hasNext(); ) {
            Pair pair = newest.next();
            alpha[--at] = pair.rho() * dot(pair.step(), q);
            add(q, -alpha[at], pair.change());
        }
        if (!pairs.isEmpty()) {
            Pair last = pairs.getLast();
            double gamma = 1 / (last.rho() * dot(last.change(), last.change()));
            for (int i = 0; i < q.length; i++) {
                q[i] *= gamma;
            }
        }
        for (Pair pair : pairs) {
            double beta = pair.rho() * dot(pair.change(), q);
            add(q, alpha[at++] - beta, pair.step());
        }
        return q;
    }

    private static void add(double[] target, double factor, double[] source) {
        for (int i = 0; i < target.length; i++) {
            target[i] += factor * source[i];
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
