package io.gramian.backend.cuda;

import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.cudnn;
import org.bytedeco.cuda.global.cusolver;
import org.bytedeco.javacpp.Loader;

/**
 * Which libraries load on this machine, asked once per JVM. Touched only where there is a device: without a driver these
 * classes stay broken for the life of the JVM.
 *
 * @param cublas why cuBLAS does not load, in words; empty when it does
 * @param cudnn the same of cuDNN
 * @param cusolver the same of cuSOLVER
 */
record Installed(String cublas, String cudnn, String cusolver) {
    private static final class Once {
        static final Installed RESULT = probe();
    }

    static Installed result() {
        return Once.RESULT;
    }

    private static Installed probe() {
        if ("off".equals(System.getProperty("gramian.cuda.libraries"))) {
            String off = "turned off with -Dgramian.cuda.libraries=off";
            return new Installed(off, off, off);
        }
        return new Installed(
                why(() -> Loader.load(cublas.class)),
                why(() -> Loader.load(cudnn.class)),
                why(() -> Loader.load(cusolver.class)));
    }

    /** A library that is not there shows as one of several errors, by how far its classes came. */
    private static String why(Runnable load) {
        try {
            Loader.load(cudart.class);
            load.run();
            return "";
        } catch (LinkageError absent) {
            String message = absent.getMessage();
            return message == null ? absent.toString() : message;
        }
    }

    /** What is missing and why; empty when nothing is. */
    String missing() {
        StringBuilder text = new StringBuilder();
        String[][] all = {{"cuBLAS", cublas}, {"cuDNN", cudnn}, {"cuSOLVER", cusolver}};
        for (String[] library : all) {
            if (!library[1].isEmpty()) {
                text.append(text.isEmpty() ? "" : "; ")
                        .append(library[0])
                        .append(": ")
                        .append(library[1]);
            }
        }
        return text.toString();
    }
}
