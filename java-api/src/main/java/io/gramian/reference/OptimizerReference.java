package io.gramian.reference;

/** Optimiser steps of one tensor in float64; parameters and states are changed in place. */
public final class OptimizerReference {
    private OptimizerReference() {}

    /** SGD: {@code g += decay p; m = momentum m + g; p -= rate m}, or {@code rate (g + momentum m)} with Nesterov. */
    public static void sgd(
            double[] p, double[] g, double[] m, double rate, double decay, double momentum, boolean nesterov) {
        for (int i = 0; i < p.length; i++) {
            double decayed = g[i] + decay * p[i];
            m[i] = momentum * m[i] + decayed;
            p[i] -= rate * (nesterov ? decayed + momentum * m[i] : m[i]);
        }
    }

    /** Adam with L2 in the gradient; Kingma and Ba 2015, Algorithm 1. */
    public static void adam(
            double[] p,
            double[] g,
            double[] m,
            double[] v,
            double rate,
            double decay,
            double beta1,
            double beta2,
            double eps,
            long step) {
        for (int i = 0; i < p.length; i++) {
            double gradient = g[i] + decay * p[i];
            p[i] -= rate * direction(i, gradient, m, v, beta1, beta2, eps, step);
        }
    }

    /** AdamW; Loshchilov and Hutter 2019, Algorithm 2 with the learning rate as schedule multiplier of the decay. */
    public static void adamW(
            double[] p,
            double[] g,
            double[] m,
            double[] v,
            double rate,
            double decay,
            double beta1,
            double beta2,
            double eps,
            long step) {
        for (int i = 0; i < p.length; i++) {
            p[i] *= 1 - rate * decay;
            p[i] -= rate * direction(i, g[i], m, v, beta1, beta2, eps, step);
        }
    }

    /** LARS of the authors' Barlow Twins, VICReg and MoCo v3: the norm of the gradient after weight decay. */
    public static void larsDecayedNorm(
            double[] p, double[] g, double[] m, double rate, double decay, double momentum, double eta) {
        double[] decayed = new double[p.length];
        for (int i = 0; i < p.length; i++) {
            decayed[i] = g[i] + decay * p[i];
        }
        double parameterNorm = norm(p);
        double gradientNorm = norm(decayed);
        double trust = parameterNorm == 0 || gradientNorm == 0 ? 1 : eta * parameterNorm / gradientNorm;
        for (int i = 0; i < p.length; i++) {
            m[i] = momentum * m[i] + trust * decayed[i];
            p[i] -= rate * m[i];
        }
    }

    /** LARS of google-research/simclr: the rate is part of what the momentum gathers. */
    public static void larsClassic(
            double[] p, double[] g, double[] m, double rate, double decay, double momentum, double eta) {
        double[] decayed = new double[p.length];
        for (int i = 0; i < p.length; i++) {
            decayed[i] = g[i] + decay * p[i];
        }
        double parameterNorm = norm(p);
        double gradientNorm = norm(decayed);
        double trust = parameterNorm == 0 || gradientNorm == 0 ? 1 : eta * parameterNorm / gradientNorm;
        for (int i = 0; i < p.length; i++) {
            m[i] = momentum * m[i] + rate * trust * decayed[i];
            p[i] -= m[i];
        }
    }

    /** Gradients scaled to a norm of at most {@code most}; returns the norm before. */
    public static double clip(double[][] gradients, double most) {
        double squares = 0;
        for (double[] gradient : gradients) {
            squares += norm(gradient) * norm(gradient);
        }
        double norm = Math.sqrt(squares);
        for (double[] gradient : gradients) {
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] *= norm > most ? most / norm : 1;
            }
        }
        return norm;
    }

    /** LARS of Bolts, solo-learn and lightly: the raw gradient norm; clip as in LARC. */
    public static void larsRawNorm(
            double[] p,
            double[] g,
            double[] m,
            double rate,
            double decay,
            double momentum,
            double eta,
            double eps,
            boolean clip) {
        double parameterNorm = norm(p);
        double gradientNorm = norm(g);
        boolean adapt = parameterNorm != 0 && gradientNorm != 0;
        double trust = adapt ? eta * parameterNorm / (gradientNorm + decay * parameterNorm + eps) : 1;
        if (adapt && clip) {
            trust = Math.min(trust / rate, 1);
        }
        for (int i = 0; i < p.length; i++) {
            m[i] = momentum * m[i] + trust * (adapt ? g[i] + decay * p[i] : g[i]);
            p[i] -= rate * m[i];
        }
    }

    /** LAMB; You et al. 2020, Algorithm 2, bias-corrected, with the identity as scaling function. */
    public static void lamb(
            double[] p,
            double[] g,
            double[] m,
            double[] v,
            double rate,
            double decay,
            double beta1,
            double beta2,
            double eps,
            long step) {
        double[] update = new double[p.length];
        for (int i = 0; i < p.length; i++) {
            update[i] = direction(i, g[i], m, v, beta1, beta2, eps, step) + decay * p[i];
        }
        double parameterNorm = norm(p);
        double updateNorm = norm(update);
        double trust = parameterNorm == 0 || updateNorm == 0 ? 1 : parameterNorm / updateNorm;
        for (int i = 0; i < p.length; i++) {
            p[i] -= rate * trust * update[i];
        }
    }

    /** Moving average: {@code target = momentum target + (1 - momentum) online}. */
    public static void movingAverage(double[] target, double[] online, double momentum) {
        for (int i = 0; i < target.length; i++) {
            target[i] = momentum * target[i] + (1 - momentum) * online[i];
        }
    }

    private static double direction(
            int i, double gradient, double[] m, double[] v, double beta1, double beta2, double eps, long step) {
        m[i] = beta1 * m[i] + (1 - beta1) * gradient;
        v[i] = beta2 * v[i] + (1 - beta2) * gradient * gradient;
        return m[i] / (1 - Math.pow(beta1, step)) / (Math.sqrt(v[i] / (1 - Math.pow(beta2, step))) + eps);
    }

    private static double norm(double[] x) {
        double sum = 0;
        for (double value : x) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }
}
