package io.gramian.jni.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;

/**
 * Tells JavaCPP how to read {@code device.h}. The Java class is always there; its library only where the build had nvcc.
 */
@Properties(
        value =
                @Platform(
                        value = "linux-x86_64",
                        include = "gramian/device.h",
                        compiler = "cpp17",
                        link = "gramian_cuda"),
        target = "io.gramian.jni",
        global = "io.gramian.jni.CudaDevices")
public class CudaDevicesConfig extends CpuKernelsConfig {}
