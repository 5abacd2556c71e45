package io.gramian;

import io.gramian.backend.Backend;
import io.gramian.backend.CudaProbe;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where tensors live and kernels run. */
public final class Device {
    private static final Logger LOG = LoggerFactory.getLogger(Device.class);

    private static final Pattern NAME = Pattern.compile("cpu|best|(cuda|simt)(?::(\\d{1,4}))?");

    /** Every device but the CPU that was asked for, by name: one each. */
    private static final Map<String, Device> OTHERS = new HashMap<>();

    private static volatile @Nullable Device processor;

    private final String name;
    private final Backend backend;

    private Device(String name, Backend backend) {
        this.name = name;
        this.backend = backend;
    }

    /**
     * The processor of this machine: one per JVM. The first call unpacks and loads the native libraries, into the folder that
     * {@code -Dgramian.natives} names (docs/artifacts.md).
     *
     * @throws GramianException if they do not load, saying what was tried and what to set
     */
    public static Device cpu() {
        Device known = processor;
        if (known != null) {
            return known;
        }
        synchronized (OTHERS) {
            known = processor;
            if (known == null) {
                known = new Device("cpu", Backend.cpu());
                processor = known;
            }
            return known;
        }
    }

    /**
     * A CUDA device. Its memory is pooled in the order of its streams; {@code -Dgramian.cuda.memoryLimit} (bytes, or a number
     * with k, m or g) limits what this process takes of it.
     *
     * @param index number of the device, from 0
     * @throws GramianException if the device cannot be used, saying why: no driver or one that is too old, no such device, a
     *     device that this library has no code for, a build without CUDA
     */
    public static Device cuda(int index) {
        synchronized (OTHERS) {
            Device known = OTHERS.get("cuda:" + index);
            if (known != null) {
                return known;
            }
            String why = CudaProbe.result().whyNotUsable(index);
            if (!why.isEmpty()) {
                throw new GramianException(
                        "cuda:" + index + " cannot be used: " + why + "; use Device.cpu() or Device.best()");
            }
            return remember(new Device("cuda:" + index, Backend.cuda(index)));
        }
    }

    /** The first device of the SIMT executor, see {@link #simt(int)}. */
    public static Device simt() {
        return simt(0);
    }

    /**
     * The CUDA kernels, run thread by thread on the processor by the SIMT executor: thousands of times slower than a GPU,
     * for tests of kernels on machines without one. Its memory is host memory.
     *
     * @param index 0 or 1: the executor has two devices, so that programs for several can be tested
     * @throws GramianException if the executor's library (gramian-cuda-kernels with classifier linux-x86_64-simt) is not on
     *     the class path, or there is no such device
     */
    public static Device simt(int index) {
        String name = index == 0 ? "simt" : "simt:" + index;
        synchronized (OTHERS) {
            Device known = OTHERS.get(name);
            return known != null ? known : remember(new Device(name, Backend.simt(index)));
        }
    }

    private static Device remember(Device device) {
        OTHERS.put(device.name, device);
        return device;
    }

    /** The fastest device that can be used here: the first CUDA device, or the CPU. Logs in one line what it chose and why. */
    public static Device best() {
        String why = CudaProbe.result().whyNotUsable(0);
        if (why.isEmpty()) {
            Device device = cuda(0);
            LOG.info("device {}", CudaProbe.result().devices().get(0));
            return device;
        }
        Device device = cpu();
        LOG.info(
                "device {} ({}, {} threads); not cuda:0, because {}",
                device,
                device.backend.instructionSet(),
                device.backend.stream().threads(),
                why);
        return device;
    }

    /**
     * The device of a name: {@code cpu}, {@code cuda}, {@code cuda:1}, {@code simt} or {@code best}.
     *
     * @throws IllegalArgumentException for another name
     * @throws GramianException if the device cannot be used here
     */
    public static Device named(String name) {
        Matcher words = NAME.matcher(name.strip().toLowerCase(Locale.ROOT));
        if (!words.matches()) {
            throw new IllegalArgumentException("device: expected cpu, cuda, cuda:1 or best, got '" + name + "'");
        }
        int index = words.group(2) == null ? 0 : Integer.parseInt(words.group(2));
        return switch (words.group(1) == null ? words.group() : words.group(1)) {
            case "cuda" -> cuda(index);
            case "simt" -> simt(index);
            case "best" -> best();
            default -> cpu();
        };
    }

    /** What the device can do. */
    public Backend backend() {
        return backend;
    }

    /** As in {@code cpu}. */
    @Override
    public String toString() {
        return name;
    }
}
