/** The CPU kernels for Linux on x86-64: libraries, no classes. */
open module io.gramian.jni.linux.x86_64 {
    requires io.gramian.jni;
    requires org.bytedeco.dnnl.linux.x86_64;
    requires org.bytedeco.javacpp.linux.x86_64;
    requires org.bytedeco.openblas.linux.x86_64;
}
