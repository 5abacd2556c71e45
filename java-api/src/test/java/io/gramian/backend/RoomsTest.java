package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Whoever uses a stream calls every room on it. */
class RoomsTest {
    private record Room(Function<Backend, Object> here, BiFunction<Backend, Stream, Object> on) {}

    private static final List<Room> ROOMS = List.of(
            new Room(Backend::normalization, Backend::normalization),
            new Room(Backend::contrastive, Backend::contrastive),
            new Room(Backend::contrastiveKeys, Backend::contrastiveKeys),
            new Room(Backend::covariance, Backend::covariance),
            new Room(Backend::decorrelation, Backend::decorrelation),
            new Room(Backend::predictive, Backend::predictive),
            new Room(Backend::probes, Backend::probes),
            new Room(Backend::optimizers, Backend::optimizers),
            new Room(Backend::linearAlgebra, Backend::linearAlgebra),
            new Room(Backend::network, Backend::network),
            new Room(Backend::transformers, Backend::transformers),
            new Room(Backend::images, Backend::images),
            new Room(Backend::whitening, Backend::whitening),
            new Room(Backend::spectra, Backend::spectra));

    @Test
    void roomsAreThoseOfTheStreamInUse() {
        Backend backend = Device.cpu().backend();
        try (Stream other = backend.newStream(1)) {
            for (Room room : ROOMS) {
                Object main = room.here().apply(backend);
                assertThat(main).isSameAs(room.on().apply(backend, backend.stream()));
                Object used = other.compute(() -> room.here().apply(backend));
                assertThat(used).isNotSameAs(main).isSameAs(room.on().apply(backend, other));
            }
        }
    }
}
