package io.gramian.models.train;

import io.gramian.backend.Event;
import io.gramian.backend.Fetched;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A step that a GPU was given, and whose numbers are on their way.
 *
 * @param step its number, from 1
 * @param rate learning rate
 * @param loss before it
 * @param badGradients gradients that are no numbers, as {@link TrainState#fetchBadGradients} has them
 * @param gradientNorm before it was limited, if it is
 * @param watched writes to a log what those saw who watch the step
 * @param begin when it was given, in {@link System#nanoTime}
 * @param waited nanoseconds that it waited for its batch
 * @param end behind all of its work
 */
record TakenStep(
        long step,
        double rate,
        Fetched<Double> loss,
        List<Fetched<Optional<String>>> badGradients,
        Optional<Fetched<Double>> gradientNorm,
        Consumer<TrainLog> watched,
        long begin,
        long waited,
        Event end)
        implements AutoCloseable {
    /** Waits until the device has done it. */
    void await() {
        try (end) {
            end.synchronise();
        }
    }

    /** The same with more that writes to the log. */
    TakenStep telling(Consumer<TrainLog> more) {
        return new TakenStep(step, rate, loss, badGradients, gradientNorm, watched.andThen(more), begin, waited, end);
    }

    /** In words, the first gradient that is no number. */
    Optional<String> firstBadGradient() {
        return badGradients.stream()
                .map(Fetched::get)
                .flatMap(Optional::stream)
                .findFirst()
                .map(name -> "the gradient of " + name);
    }

    @Override
    public void close() {
        end.close();
    }
}
