package io.gramian.models.ssl;

import io.gramian.Device;
import io.gramian.models.config.Settings;
import java.util.function.Supplier;

/**
 * What a system needs to begin to train.
 *
 * @param device where it trains
 * @param settings those of the system and the {@code seed}
 * @param steps of the whole run: momenta that change over time end with it
 * @param networks makes a freshly initialised network, the same each time; a momentum encoder is a second one
 */
public record Setup(Device device, Settings settings, long steps, Supplier<SslNetwork> networks) {}
