package io.gramian.device;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gramian.Device;
import io.gramian.backend.Stream;

/**
 * The device that runs the CUDA sources in these tests: {@code -Dgramian.device.test=simt|cuda:0}, by default the SIMT
 * executor. A GPU that was asked for and cannot be used fails every test that needs it. Nothing else here names a device
 * besides the CPU, so that the same tests run on both.
 */
public final class DeviceUnderTest {
    /** System property with the device. */
    public static final String PROPERTY = "gramian.device.test";

    private DeviceUnderTest() {}

    /** As in {@code simt} or {@code cuda:0}. */
    public static String name() {
        return System.getProperty(PROPERTY, "simt");
    }

    /**
     * The device.
     *
     * @throws io.gramian.GramianException if it cannot be used, with the reason
     */
    public static Device get() {
        String name = name();
        if (name.equals("simt")) {
            return Device.simt();
        }
        if (!name.matches("cuda:\\d+")) {
            throw new IllegalArgumentException(PROPERTY + ": expected simt or cuda:0, got " + name);
        }
        return Device.cuda(Integer.parseInt(name.substring("cuda:".length())));
    }

    /** Whether the executor runs the tests. */
    public static boolean isSimt() {
        return name().equals("simt");
    }

    /** {@link #stream(Device, int, long)} with one thread per core. */
    public static Stream stream(Device device, long seed) {
        return stream(device, 0, seed);
    }

    /**
     * Calls with settings of their own, in the order of the device's main stream, so that nobody has to wait.
     *
     * @param threads threads of the kernels; 0 for one per core
     * @param seed of the order in which the executor runs threads. A GPU has an order of its own: there this is the main
     *     stream once more, and a test over several seeds is a test over several runs
     */
    public static Stream stream(Device device, int threads, long seed) {
        long given = isGpu(device) ? device.backend().stream().nativeStream() : seed;
        return device.backend().newStream(threads, given);
    }

    /** A stream that runs beside the main one: who uses both has to wait. */
    public static Stream ownStream(Device device, long seed) {
        return device.backend().newStream(0, isGpu(device) ? 0 : seed);
    }

    private static boolean isGpu(Device device) {
        return device.toString().startsWith("cuda");
    }

    /**
     * Leaves the test out on a GPU.
     *
     * @param why what the executor has and a GPU has not
     */
    public static void onlyOnTheExecutor(String why) {
        assumeTrue(isSimt(), "left out on " + name() + ": " + why);
    }

    /**
     * Leaves the test out where an error inside a kernel is not known when the call returns: on a GPU that is not made to
     * wait for each launch. Such tests have the tag {@code sync}; whoever runs all runs them once more with GRAMIAN_SYNC=1.
     */
    public static void needsErrorsAtOnce(Device device) {
        assumeTrue(
                !isGpu(device) || "1".equals(System.getenv("GRAMIAN_SYNC")),
                "left out on " + device + ": which slice is bad is known there only with GRAMIAN_SYNC=1");
    }
}
