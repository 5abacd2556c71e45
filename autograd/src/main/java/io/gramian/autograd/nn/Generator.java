package io.gramian.autograd.nn;

import io.gramian.Device;
import io.gramian.Tensor;

/**
 * Random numbers by counter: the value at an index depends on seed and index only (SplitMix64, Steele, Lea and Flood,
 * 2014).
 * The same seed gives the same network on every machine.
 */
public final class Generator {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private final long seed;

    private Generator(long seed) {
        this.seed = seed;
    }

    /** The generator of a seed. */
    public static Generator of(long seed) {
        return new Generator(mix(seed + GOLDEN_GAMMA));
    }

    /** An independent generator for one of several parts. */
    public Generator split(long part) {
        return new Generator(mix(seed ^ mix(part + GOLDEN_GAMMA)));
    }

    /** A number in [0, 1) with 53 random bits. */
    public double uniform(long index) {
        return (mix(seed + GOLDEN_GAMMA * (index + 1)) >>> 11) * 0x1p-53;
    }

    /** A number of the standard normal distribution (Box and Muller, 1958). */
    public double normal(long index) {
        double radius = Math.sqrt(-2 * StrictMath.log(1 - uniform(2 * index)));
        return radius * StrictMath.cos(2 * Math.PI * uniform(2 * index + 1));
    }

    /** A tensor with uniform values in [-bound, bound). */
    public Tensor uniform(Device device, double bound, long... sizes) {
        Tensor tensor = Tensor.empty(device, sizes);
        float[] values = new float[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (bound * (2 * uniform(i) - 1));
        }
        return tensor.copyFrom(values);
    }

    /** A tensor with normal values of mean 0. */
    public Tensor normal(Device device, double deviation, long... sizes) {
        Tensor tensor = Tensor.empty(device, sizes);
        float[] values = new float[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * normal(i));
        }
        return tensor.copyFrom(values);
    }

    private static long mix(long z) {
        long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}
