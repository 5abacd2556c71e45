/** The C ABI of the kernels as Java calls. For Gramian's own modules only: addresses are not checked here. */
module io.gramian.jni {
    requires transitive org.bytedeco.javacpp;
    requires org.bytedeco.dnnl;
    requires org.bytedeco.openblas;

    exports io.gramian.jni to
            io.gramian,
            io.gramian.jni.linux.x86_64,
            io.gramian.jni.cuda.linux.x86_64;
}
