package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What GraalVM's native-image reads beside the libraries, most of it written by JavaCPP: it names what is there, and every
 * class that the bridges ask for. An image is not built here: no GraalVM is needed.
 */
class NativeImageTest {
    private static final Pattern BRIDGE = Pattern.compile(".*/libjni(\\w+)\\.so");
    private static final Pattern RESOURCE = Pattern.compile("\"pattern\": \"(.*?)\"");
    private static final Pattern TYPE = Pattern.compile("\"name\" : \"(.*?)\"");
    /** A class as a bridge names it for JNI's FindClass: between two zero bytes, slashes for dots. */
    private static final Pattern ASKED = Pattern.compile("(?<=\0)[a-z]+(?:/[\\w$]+)+(?=\0)");

    @Test
    void everyLibraryIsAResource() throws IOException {
        for (Path path : natives()) {
            try (JarFile jar = new JarFile(path.toFile())) {
                Set<String> included = all(jar, "resource-config.json", RESOURCE);
                for (String name : names(jar, ".so")) {
                    assertThat(included).as(name).anyMatch(name::matches);
                }
            }
        }
    }

    @Test
    void everyResourceIsThere() throws IOException {
        List<String> resources = new ArrayList<>();
        for (Path path : JavaProcess.apiJars()) {
            try (JarFile jar = new JarFile(path.toFile())) {
                resources.addAll(names(jar, ""));
            }
        }
        for (Path path : natives()) {
            try (JarFile jar = new JarFile(path.toFile())) {
                for (String pattern : all(jar, "resource-config.json", RESOURCE)) {
                    assertThat(resources).as(pattern).anyMatch(name -> name.matches(pattern));
                }
            }
        }
    }

    @Test
    void everyTypeIsThere() throws IOException {
        Set<String> missing = new TreeSet<>();
        for (Path path : natives()) {
            try (JarFile jar = new JarFile(path.toFile())) {
                for (String file : List.of("jni-config.json", "reflect-config.json")) {
                    for (String type : all(jar, file, TYPE)) {
                        if (!exists(type)) {
                            missing.add(file + " names " + type);
                        }
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void everyTypeThatABridgeAsksForIsNamed() throws IOException {
        int bridges = 0;
        for (Path path : natives()) {
            try (JarFile jar = new JarFile(path.toFile())) {
                for (String name : names(jar, ".so")) {
                    Matcher bridge = BRIDGE.matcher(name);
                    if (bridge.matches()) {
                        bridges++;
                        String folder = "/jni" + bridge.group(1) + "/jni";
                        String own = "io.gramian.jni." + bridge.group(1);
                        assertThat(all(jar, folder + bridge.group(1) + "/reflect-config.json", TYPE))
                                .contains(own);
                        Set<String> listed = all(jar, folder + bridge.group(1) + "/jni-config.json", TYPE);
                        listed.addAll(all(jar, folder + "javacpp/jni-config.json", TYPE));
                        assertThat(listed).as(name).contains(own).containsAll(asked(jar, name));
                    }
                }
            }
        }
        assertThat(bridges).isGreaterThanOrEqualTo(3);
    }

    private static Set<String> asked(JarFile jar, String library) throws IOException {
        Set<String> asked = ASKED.matcher(text(jar, library))
                .results()
                .map(found -> found.group().replace('/', '.'))
                .collect(Collectors.toCollection(TreeSet::new));
        // this reads what it thinks it reads
        assertThat(asked).as(library).contains("java.lang.String", "org.bytedeco.javacpp.Pointer");
        return asked;
    }

    private static boolean exists(String type) {
        try {
            Class.forName(type, false, NativeImageTest.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static List<Path> natives() {
        List<Path> jars = JarsTest.jars("gramian-(native|cuda-kernels)-[0-9.]+-linux-x86_64\\.jar");
        assertThat(jars).hasSize(2);
        return jars;
    }

    private static List<String> names(JarFile jar, String end) {
        return jar.stream()
                .map(JarEntry::getName)
                .filter(name -> name.endsWith(end))
                .toList();
    }

    /** What a pattern finds in all files of the jar whose name ends so. */
    private static Set<String> all(JarFile jar, String end, Pattern pattern) throws IOException {
        Set<String> found = new TreeSet<>();
        for (String name : names(jar, end)) {
            Matcher matcher = pattern.matcher(text(jar, name));
            while (matcher.find()) {
                found.add(matcher.group(1));
            }
        }
        return found;
    }

    private static String text(JarFile jar, String name) throws IOException {
        return new String(jar.getInputStream(jar.getJarEntry(name)).readAllBytes(), StandardCharsets.ISO_8859_1);
    }
}
