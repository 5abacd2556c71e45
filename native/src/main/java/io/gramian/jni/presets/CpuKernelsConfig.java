package io.gramian.jni.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how to read {@code gramian.h}: every pointer becomes a {@code long} address, so that a call allocates
 * nothing and any trainer's memory can be passed.
 */
@Properties(
        value =
                @Platform(
                        value = "linux-x86_64",
                        include = { // one per room, in the order of gramian.h
                            "gramian/system.h",
                            "gramian/blas.h",
                            "gramian/stream.h",
                            "gramian/covariance.h",
                            "gramian/decorrelation.h",
                            "gramian/normalize.h",
                            "gramian/nt_xent.h",
                            "gramian/contrastive.h",
                            "gramian/predictive.h",
                            "gramian/probe.h",
                            "gramian/optim.h",
                            "gramian/linear_algebra.h",
                            "gramian/network.h",
                            "gramian/bfloat16.h",
                            "gramian/image.h",
                            "gramian/solver.h",
                            "gramian/spectra.h",
                            "gramian/transformer.h",
                            "gramian/whitening.h",
                            "gramian/dlpack.h",
                            "gramian/gramian.h"
                        },
                        compiler = "cpp17",
                        link = "gramian_cpu",
                        preload = {"gomp@.1", "gfortran@.5", "quadmath@.0", "openblas@.0", "dnnl@.3"},
                        preloadresource = {"/org/bytedeco/dnnl/", "/org/bytedeco/openblas/"}),
        target = "io.gramian.jni",
        global = "io.gramian.jni.CpuKernels")
public class CpuKernelsConfig implements InfoMapper {
    @Override
    public void map(InfoMap infoMap) {
        infoMap.put(new Info("gramian_status").skip().cast().valueTypes("int"));
        for (String handle : new String[] {
            "gramian_context",
            "gramian_event",
            "gramian_graph",
            "gramian_input",
            "gramian_output",
            "gramian_view",
            "gramian_solve",
            "gramian_released"
        }) {
            infoMap.put(new Info(handle).skip().cast().valueTypes("long").pointerTypes("long"));
        }
        infoMap.put(new Info("float").cast().valueTypes("float").pointerTypes("long"));
        infoMap.put(new Info("double").cast().valueTypes("double").pointerTypes("long"));
        infoMap.put(new Info("int32_t").cast().valueTypes("int").pointerTypes("long"));
        infoMap.put(new Info("int64_t").cast().valueTypes("long").pointerTypes("long"));
        infoMap.put(new Info("uint64_t").cast().valueTypes("long").pointerTypes("long"));
        infoMap.put(new Info("uint16_t").cast().valueTypes("short").pointerTypes("long"));
        infoMap.put(new Info("uint8_t").cast().valueTypes("byte").pointerTypes("long"));
        infoMap.put(new Info("void").cast().valueTypes("void").pointerTypes("long"));
        infoMap.put(new Info("GRAMIAN_EXPORT", "GRAMIAN_EXTERN_C_BEGIN", "GRAMIAN_EXTERN_C_END")
                .cppTypes()
                .annotations());
    }
}
