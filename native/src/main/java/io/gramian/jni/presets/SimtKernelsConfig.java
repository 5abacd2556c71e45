package io.gramian.jni.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;

/**
 * Tells JavaCPP which kernels the CUDA sources have, for {@code libgramian_simt}. A header stands here when at
 * least one of its functions is there; those that are not are named in {@link #MISSING}.
 */
@Properties(
        value =
                @Platform(
                        value = "linux-x86_64",
                        include = {
                            "gramian/system.h",
                            "gramian/covariance.h",
                            "gramian/normalize.h",
                            "gramian/nt_xent.h",
                        },
                        compiler = "cpp17",
                        link = "gramian_simt",
                        preload = "gomp@.1",
                        preloadresource = "/org/bytedeco/dnnl/"),
        target = "io.gramian.jni",
        global = "io.gramian.jni.SimtKernels")
public class SimtKernelsConfig extends CpuKernelsConfig {
    private static final String[] MISSING = {};

    @Override
    public void map(InfoMap infoMap) {
        super.map(infoMap);
        for (String function : MISSING) {
            infoMap.put(new Info(function).skip());
        }
    }
}
