package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.models.config.ConfigException;
import picocli.CommandLine.Option;

/** Where a command computes. */
final class DeviceOption {
    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu",
            description =
                    "cpu, cuda or cuda:1, or best: cuda where there is one; default: ${DEFAULT-VALUE}. See: gramian doctor")
    private String name = "cpu";

    /**
     * The device, ready to use.
     *
     * @throws ConfigException for a name of no device
     * @throws io.gramian.GramianException if the device cannot be used here, saying why
     */
    Device device() {
        try {
            return Device.named(name);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("--" + e.getMessage());
        }
    }
}
