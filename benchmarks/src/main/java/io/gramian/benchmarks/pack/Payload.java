package io.gramian.benchmarks.pack;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZInputStream;
import org.tukaani.xz.XZOutputStream;

/**
 * A folder as one file: its files, stored, as a ZIP stream under one xz compression over all of them. Jars are stored
 * too, without what only compilers and other tools read, so that xz sees their content: native libraries take 60 % of what
 * they take in a jar. Unpacking needs nothing but a Java runtime, this class and its decompressor.
 */
public final class Payload {
    /** What xz itself takes: the largest part of a pack, oneDNN, loses a tenth more than with the fast presets. */
    private static final int PRESET = LZMA2Options.PRESET_DEFAULT;

    /** Entries of jars that nothing reads at run time: headers, build files, native-image settings, unused JNI bridges. */
    private static final Pattern NEEDLESS = Pattern.compile(String.join(
            "|",
            "META-INF/native-image/.*",
            "META-INF/maven/.*",
            "META-INF/[^/]*\\.(SF|RSA|DSA)",
            ".*/include/.*",
            ".*/lib/(cmake|pkgconfig)/.*",
            ".*/libjni(openblas|openblas_full|openblas_nolapack|dnnl)\\.so",
            ".*/libjni(npp\\w*|nvml|nvblas|nvcomp|nvrtc|nvjpeg|cupti|curand|cufftw?|cufile|nccl)\\.so"));

    private Payload() {}

    /** {@code pack FOLDER FILE}, {@code unpack FILE FOLDER}, or {@code compress FILE FILE.xz}. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 3 && arguments[0].equals("pack")) {
            pack(Path.of(arguments[1]), Path.of(arguments[2]));
        } else if (arguments.length == 3 && arguments[0].equals("unpack")) {
            unpack(Path.of(arguments[1]), Path.of(arguments[2]));
        } else if (arguments.length == 3 && arguments[0].equals("compress")) {
            compress(Path.of(arguments[1]), Path.of(arguments[2]));
        } else {
            throw new IllegalArgumentException(
                    "expected: pack FOLDER FILE, unpack FILE FOLDER, or compress FILE FILE.xz");
        }
    }

    /** Writes the files of a folder, in the order of their names, without their times. */
    static void pack(Path folder, Path file) throws IOException {
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(folder)) {
            paths = walk.filter(Files::isRegularFile).sorted().toList();
        }
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
                XZOutputStream compressed = new XZOutputStream(out, new LZMA2Options(PRESET));
                ZipOutputStream zip = new ZipOutputStream(compressed)) {
            for (Path path : paths) {
                String name = folder.relativize(path).toString().replace('\\', '/');
                byte[] content = name.endsWith(".jar") ? storedJar(path) : Files.readAllBytes(path);
                store(zip, name, content);
            }
        }
    }

    /** Writes every file below a folder. */
    static void unpack(Path file, Path folder) throws IOException {
        Path root = folder.toAbsolutePath().normalize();
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file));
                ZipInputStream zip = new ZipInputStream(new XZInputStream(in))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path path = root.resolve(entry.getName()).normalize();
                if (!path.startsWith(root)) {
                    throw new IOException(file + ": expected files below the folder, got " + entry.getName());
                }
                Files.createDirectories(path.resolve("..").normalize());
                Files.copy(zip, path);
            }
        }
    }

    /** One file, as {@code xz} would do it: for what has to be unpacked before there is a Java runtime. */
    static void compress(Path file, Path target) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(target));
                XZOutputStream compressed = new XZOutputStream(out, new LZMA2Options(PRESET))) {
            Files.copy(file, compressed);
        }
    }

    private static byte[] storedJar(Path jar) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipInputStream in = new ZipInputStream(new BufferedInputStream(Files.newInputStream(jar)));
                ZipOutputStream out = new ZipOutputStream(bytes)) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                // folders stay: whoever looks for the classes of a package asks for them
                if (!NEEDLESS.matcher(entry.getName()).matches()) {
                    store(out, entry.getName(), in.readAllBytes());
                }
            }
        }
        return bytes.toByteArray();
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        entry.setCrc(crc.getValue());
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
