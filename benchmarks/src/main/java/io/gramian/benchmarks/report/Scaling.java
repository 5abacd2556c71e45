package io.gramian.benchmarks.report;

/**
 * What the cores after the first bring to one piece of work: times of one thread and of all, in turns.
 *
 * @param kernel name of the work
 * @param shape sizes, as in {@code 256x8192}
 * @param threads of the second time
 * @param oneThreadMillis median time of a call with one thread
 * @param allThreadsMillis median time of a call with all threads
 * @param timesFaster median of the quotients of neighbours
 * @param rounds quotients
 * @param coresApartNanos median time in which a core saw what another wrote, once a round
 */
public record Scaling(
        String kernel,
        String shape,
        int threads,
        double oneThreadMillis,
        double allThreadsMillis,
        double timesFaster,
        int rounds,
        double coresApartNanos) {}
