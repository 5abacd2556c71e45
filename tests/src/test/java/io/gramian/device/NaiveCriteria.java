package io.gramian.device;

import io.gramian.reference.UnsignedContrastiveReference;
import java.util.function.IntUnaryOperator;

/** The contrastive losses as functions of all products, in float32, as their papers write them. */
final class NaiveCriteria {
    private NaiveCriteria() {}

    /** NT-Xent of any number of views of n images, positives inside the logarithm. */
    static NaiveContrast.Criterion ntXent(int n, float temperature) {
        return (s, rows, ds) -> {
            float loss = 0;
            for (int i = 0; i < rows; i++) {
                float all = 0;
                float positive = 0;
                for (int j = 0; j < rows; j++) {
                    float e = j == i ? 0 : exp(s[i * rows + j] / temperature);
                    all += e;
                    positive += j % n == i % n ? e : 0;
                }
                loss += (float) Math.log(all / positive);
                for (int j = 0; j < rows; j++) {
                    float e = j == i ? 0 : exp(s[i * rows + j] / temperature);
                    ds[i * rows + j] = (e / all - (j % n == i % n ? e / positive : 0)) / (rows * temperature);
                }
            }
            return loss / rows;
        };
    }

    /** DCL of two views, weights constant; sigma 0: no weights. */
    static NaiveContrast.Criterion dcl(int n, float temperature, float sigma, boolean authors) {
        return (s, rows, ds) -> {
            int anchors = authors ? n : rows;
            float[] q = softmaxOfPairs(s, n, rows, sigma);
            float mean = 0;
            for (int i = 0; i < n; i++) {
                mean += q[i] * s[i * rows + i + n];
            }
            float loss = 0;
            for (int i = 0; i < anchors; i++) {
                int p = (i + n) % rows;
                float sum = 0;
                for (int j = 0; j < rows; j++) {
                    sum += j % n == i % n ? 0 : exp(s[i * rows + j] / temperature);
                }
                float w = sigma > 0 ? 2 - n * q[i % n] : 1;
                loss += (float) Math.log(sum) - w * s[i * rows + p] / temperature;
                for (int j = 0; j < rows; j++) {
                    float e = j % n == i % n ? 0 : exp(s[i * rows + j] / temperature);
                    ds[i * rows + j] = e / sum / (anchors * temperature);
                }
                float through = authors && sigma > 0 ? n * q[i] * (s[i * rows + p] - mean) / sigma : 0;
                ds[i * rows + p] = (through - w) / (anchors * temperature);
            }
            return loss / anchors;
        };
    }

    private static float[] softmaxOfPairs(float[] s, int n, int rows, float sigma) {
        float[] q = new float[n];
        float sum = 0;
        for (int i = 0; i < n; i++) {
            q[i] = sigma > 0 ? exp(s[i * rows + i + n] / sigma) : 0;
            sum += q[i];
        }
        for (int i = 0; i < n; i++) {
            q[i] /= sum;
        }
        return q;
    }

    /** SimCLR and DCL by the square or the magnitude of the cosine. */
    static NaiveContrast.Criterion unsigned(int n, UnsignedContrastiveReference.Settings settings) {
        float temperature = (float) settings.temperature();
        return (s, rows, ds) -> {
            float loss = 0;
            for (int i = 0; i < rows; i++) {
                int p = (i + n) % rows;
                float sum = 0;
                for (int j = 0; j < rows; j++) {
                    boolean out = j == i || (settings.decoupled() && j == p);
                    sum += out ? 0 : exp(f(s[i * rows + j], settings.square()) / temperature);
                }
                float cosine = s[i * rows + p];
                float attraction = settings.replaced() ? f(cosine, settings.square()) : cosine;
                loss += (float) Math.log(sum) - attraction / temperature;
                for (int j = 0; j < rows; j++) {
                    boolean out = j == i || (settings.decoupled() && j == p);
                    float e = out ? 0 : exp(f(s[i * rows + j], settings.square()) / temperature);
                    ds[i * rows + j] = e / sum * slope(s[i * rows + j], settings.square()) / (rows * temperature);
                }
                float towards = settings.replaced() ? slope(cosine, settings.square()) : 1;
                ds[i * rows + p] -= towards / (rows * temperature);
            }
            return loss / rows;
        };
    }

    /** InfoNCE of two views, rows of the first among those of the second and, if symmetric, the other way round. */
    static NaiveContrast.Criterion infoNce(int n, float temperature, boolean symmetric) {
        return (s, rows, ds) -> {
            float share = symmetric ? 0.5f : 1;
            float loss = 0;
            for (int i = 0; i < n; i++) {
                loss += share * row(s, rows, ds, i, k -> n + k, n, n + i, share / n, temperature);
                loss += symmetric ? share * row(s, rows, ds, n + i, k -> k, n, i, share / n, temperature) : 0;
            }
            return loss / n;
        };
    }

    /** InfoNCE of n queries against their own of `keys` keys and a queue behind them. */
    static NaiveContrast.Criterion queue(int n, int keys, int[] match, float temperature) {
        return (s, rows, ds) -> {
            float loss = 0;
            int length = rows - n - keys;
            for (int i = 0; i < n; i++) {
                int positive = n + match[i];
                IntUnaryOperator candidate = k -> k == length ? positive : n + keys + k;
                loss += row(s, rows, ds, i, candidate, length + 1, positive, 1f / n, temperature);
            }
            return loss / n;
        };
    }

    /** factor times another loss. */
    static NaiveContrast.Criterion times(float factor, NaiveContrast.Criterion other) {
        return (s, rows, ds) -> {
            float loss = other.run(s, rows, ds);
            for (int k = 0; k < ds.length; k++) {
                ds[k] *= factor;
            }
            return factor * loss;
        };
    }

    /** One cross-entropy: row i among count candidates. */
    private static float row(
            float[] s,
            int rows,
            float[] ds,
            int i,
            IntUnaryOperator candidate,
            int count,
            int positive,
            float weight,
            float temperature) {
        float most = Float.NEGATIVE_INFINITY;
        for (int k = 0; k < count; k++) {
            most = Math.max(most, s[i * rows + candidate.applyAsInt(k)]);
        }
        float sum = 0;
        for (int k = 0; k < count; k++) {
            sum += exp((s[i * rows + candidate.applyAsInt(k)] - most) / temperature);
        }
        for (int k = 0; k < count; k++) {
            int j = candidate.applyAsInt(k);
            ds[i * rows + j] += weight * exp((s[i * rows + j] - most) / temperature) / sum / temperature;
        }
        ds[i * rows + positive] -= weight / temperature;
        return (float) Math.log(sum) - (s[i * rows + positive] - most) / temperature;
    }

    /** The spectral contrastive loss of cut rows. */
    static NaiveContrast.Criterion spectral(int n, float mu) {
        return (s, rows, ds) -> {
            float pairs = 0;
            float squares = 0;
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    float g = s[i * rows + n + j];
                    pairs += i == j ? g : 0;
                    squares += i == j ? 0 : g * g;
                    ds[i * rows + n + j] = (i == j ? -2f / n : 2 * g / (n * (n - 1f))) / mu;
                }
            }
            return (-2 * pairs / n + squares / (n * (n - 1f))) / mu;
        };
    }

    private static float f(float s, boolean square) {
        return square ? s * s : Math.abs(s);
    }

    private static float slope(float s, boolean square) {
        return square ? 2 * s : Math.signum(s);
    }

    private static float exp(float x) {
        return (float) Math.exp(x);
    }
}
