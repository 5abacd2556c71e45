/** The CUDA kernels for Linux on x86-64: libraries, no classes. */
open module io.gramian.jni.cuda.linux.x86_64 {
    requires io.gramian.jni;
    requires org.bytedeco.cuda.linux.x86_64;
}
