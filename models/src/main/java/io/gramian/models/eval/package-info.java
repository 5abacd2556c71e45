/**
 * How good frozen features are: k nearest neighbours and a linear probe, beside raw pixels and the untrained network.
 *
 * <p>Everything runs on the device of the features; same features, same numbers.
 */
@NullMarked
package io.gramian.models.eval;

import org.jspecify.annotations.NullMarked;
