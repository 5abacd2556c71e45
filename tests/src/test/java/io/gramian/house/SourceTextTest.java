package io.gramian.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Lengths, blanks and words. */
class SourceTextTest {
    private static final int FILE_LINES = 500;
    private static final int FUNCTION_LINES = 60;
    private static final int COLUMNS = 120;
    /** Written in two parts, so that this file passes its own test. */
    private static final Pattern FORBIDDEN = Pattern.compile(String.join(
            "|",
            "\\bTO" + "DO\\b",
            "\\bFIX" + "ME\\b",
            "\\bXX" + "X\\b",
            "@Dis" + "abled",
            "(?<![\\w.}])/ho" + "me/\\w",
            "(?<![\\w.}])/ro" + "ot/",
            "(?<![\\w.}])/wo" + "rk/",
            "(?<![\\w.}])/tmp/\\w+/",
            "deb\\.deb" + "ian\\.org",
            "snapshot\\.deb" + "ian",
            "archive\\.ubu" + "ntu",
            "repo1?\\.ma" + "ven",
            "maven-cen" + "tral",
            "regi" + "stry\\.npm"));

    @Test
    void filesAreShort() {
        List<String> long_ = new ArrayList<>();
        for (Path file : SourceTree.files(path -> path.matches(".*\\.(java|cpp|h|cu|cuh|cmake|sh|py)|gramian"))) {
            int lines = SourceTree.lines(file).size();
            if (lines > FILE_LINES) {
                long_.add(SourceTree.relative(file) + ": " + lines + " lines");
            }
        }
        assertThat(long_)
                .as("files over " + FILE_LINES + " lines: split by topic")
                .isEmpty();
    }

    @Test
    void nativeSourcesAreTidy() {
        List<String> found = new ArrayList<>();
        for (Path file : SourceTree.files(path -> path.matches(".*\\.(cpp|h|cu|cuh|cmake|sh)|gramian|\\.ci/run"))) {
            List<String> lines = SourceTree.lines(file);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                String at = SourceTree.relative(file) + ":" + (i + 1);
                if (line.indexOf('\t') >= 0) {
                    found.add(at + ": tab");
                }
                if (line.endsWith(" ")) {
                    found.add(at + ": blank at the end");
                }
                if (line.length() > COLUMNS) {
                    found.add(at + ": " + line.length() + " columns, at most " + COLUMNS);
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void nativeFunctionsAreShort() {
        List<String> found = new ArrayList<>();
        for (Path file : SourceTree.cpp()) {
            List<String> lines = SourceTree.lines(file);
            int start = -1;
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                boolean opens = line.endsWith("{") && !line.matches("\\s*(inline )?namespace.*|extern \"C\" \\{");
                if (start < 0 && opens && !line.startsWith(" ")) {
                    start = i;
                } else if (start < 0 && opens && line.startsWith("    ") && continuesSignature(lines, i)) {
                    start = i;
                } else if (start >= 0 && line.startsWith("}")) {
                    boolean type = line.startsWith("};") || line.matches("}\\s*\\w+;");
                    if (!type && i - start + 1 > FUNCTION_LINES) {
                        found.add(SourceTree.relative(file) + ":" + (start + 1) + ": " + (i - start + 1) + " lines");
                    }
                    start = -1;
                }
            }
        }
        assertThat(found)
                .as("functions and kernels over " + FUNCTION_LINES + " lines")
                .isEmpty();
    }

    /** A signature broken over lines: the line before the indented ones starts at column 0 and leaves its ( open. */
    private static boolean continuesSignature(List<String> lines, int at) {
        int line = at;
        while (line > 0 && lines.get(line).startsWith(" ")) {
            line--;
        }
        return lines.get(line).matches("\\w.*[(,]");
    }

    @Test
    void noForbiddenWords() {
        List<String> found = new ArrayList<>();
        for (Path file : SourceTree.text()) {
            List<String> lines = SourceTree.lines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (FORBIDDEN.matcher(lines.get(i)).find()) {
                    found.add(SourceTree.relative(file) + ":" + (i + 1) + ": "
                            + lines.get(i).strip());
                }
            }
        }
        assertThat(found)
                .as("unfinished work, disabled tests, paths of a machine or hosts of package archives")
                .isEmpty();
    }

    /** So that every test of the CUDA sources runs on a GPU too, or says why it does not. */
    @Test
    void oneFileMakesTheDeviceUnderTest() {
        List<String> found = new ArrayList<>();
        for (Path file : SourceTree.files(path -> path.matches("tests/src/test/java/io/gramian/(device|golden)/.*"))) {
            String text = String.join("\n", SourceTree.lines(file));
            boolean says = text.contains("onlyOnTheExecutor") || file.endsWith("DeviceUnderTest.java");
            if (text.contains("Device.simt(") && !says) {
                found.add(SourceTree.relative(file));
            }
        }
        assertThat(found)
                .as("tests that name the SIMT device: take DeviceUnderTest.get() and its streams, or"
                        + " its onlyOnTheExecutor(why)")
                .isEmpty();
    }

    @Test
    void everyPackageIsNullMarked() {
        List<String> found = new ArrayList<>();
        for (Path file : SourceTree.java("main")) {
            Path info = file.resolveSibling("package-info.java");
            boolean marked = Files.exists(info) && SourceTree.lines(info).contains("@NullMarked");
            String folder = SourceTree.relative(file.getParent());
            if (!marked && !folder.contains("/jni") && !found.contains(folder)) {
                found.add(folder);
            }
        }
        assertThat(found).as("packages without a @NullMarked package-info.java").isEmpty();
    }

    @Test
    void theTreeWasFound() {
        assertThat(SourceTree.java("main")).hasSizeGreaterThan(10);
        assertThat(SourceTree.cpp()).hasSizeGreaterThan(10);
    }
}
