package io.gramian.jni.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;

/**
 * Tells JavaCPP how to build the bridge of {@code libgramian_cuda}. Its class is made as that of {@code SimtKernelsConfig}: the
 * same functions, from the same sources, compiled by nvcc.
 */
@Properties(
        value =
                @Platform(
                        value = "linux-x86_64",
                        include = "gramian/gramian.h",
                        compiler = "cpp17",
                        link = "gramian_cuda"),
        target = "io.gramian.jni",
        global = "io.gramian.jni.CudaKernels")
public class CudaKernelsConfig extends CpuKernelsConfig {}
