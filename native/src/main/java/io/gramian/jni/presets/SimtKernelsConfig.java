package io.gramian.jni.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;

/**
 * Tells JavaCPP how to build the bridge of {@code libgramian_simt}. Its class is made from that of the CPU's kernels: the
 * build keeps the functions that the CUDA sources define, and drops the others.
 */
@Properties(
        value =
                @Platform(
                        value = "linux-x86_64",
                        include = "gramian/gramian.h",
                        compiler = "cpp17",
                        link = "gramian_simt",
                        preload = "gomp@.1",
                        preloadresource = "/org/bytedeco/dnnl/"),
        target = "io.gramian.jni",
        global = "io.gramian.jni.SimtKernels")
public class SimtKernelsConfig extends CpuKernelsConfig {}
