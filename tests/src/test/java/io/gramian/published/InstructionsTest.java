package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The CPU library runs on every processor of level x86-64-v2: AVX stands only in the functions that are compiled for AVX2
 * and AVX-512, and these are chosen at run time. Read from the machine code, with binutils, which come with the compiler.
 */
class InstructionsTest {
    private static final String PLATFORM = "io/gramian/jni/linux-x86_64/";
    private static final Pattern FUNCTION = Pattern.compile("^[0-9a-f]+ <(.*)>:$");
    /** An instruction's name begins with v, or it names a register of 256 or 512 bits; or BMI2, FMA and the like of v3. */
    private static final Pattern NEWER = Pattern.compile(
            "\\t(v[a-z0-9]+|(?:andn|bextr|bls[a-z]+|bzhi|lzcnt|mulx|pdep|pext|rorx|s[ahr][lr]x)[lq]?)\\s" + "|%[yz]mm");
    /** Both begin with v and are older than AVX: verr, verw, and the virtual machine extensions. */
    private static final Pattern OLD = Pattern.compile("\\t(verr|verw|vm[a-z]+)\\s");

    @Test
    void avxStandsOnlyInItsVariants(@TempDir Path folder) throws Exception {
        int[] found = {0, 0};
        Set<String> elsewhere = new TreeSet<>();
        read(folder, "libgramian_cpu.so", (function, line) -> {
            if (function.contains("avx512")) {
                found[1]++;
            } else if (function.contains("avx2")) {
                found[0]++;
            } else {
                elsewhere.add(function + ": " + line.strip());
            }
        });
        assertThat(elsewhere)
                .as("functions for every processor, with instructions of newer ones")
                .isEmpty();
        // the variants are there: this test reads what it thinks it reads
        assertThat(found[0]).as("instructions in the AVX2 variants").isGreaterThan(1000);
        assertThat(found[1]).as("instructions in the AVX-512 variants").isGreaterThan(1000);
    }

    @Test
    void theBridgesAreForEveryProcessor(@TempDir Path folder) throws Exception {
        Set<String> found = new TreeSet<>();
        for (String name : new String[] {"libjniCpuKernels.so", "libjniSolverCall.so", "libjniDlPackRelease.so"}) {
            read(folder, name, (function, line) -> found.add(name + " " + line.strip()));
        }
        assertThat(found).isEmpty();
    }

    private interface Finding {
        void at(String function, String line);
    }

    private static void read(Path folder, String name, Finding finding) throws IOException, InterruptedException {
        Path library = folder.resolve(name);
        try (InputStream bytes = InstructionsTest.class.getClassLoader().getResourceAsStream(PLATFORM + name)) {
            assertThat(bytes).as(name).isNotNull();
            Files.copy(bytes, library);
        }
        Process objdump = new ProcessBuilder("objdump", "-d", "--no-show-raw-insn", library.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String function = "";
        int lines = 0;
        try (BufferedReader text = objdump.inputReader()) {
            for (String line = text.readLine(); line != null; line = text.readLine()) {
                lines++;
                Matcher start = FUNCTION.matcher(line);
                if (start.find()) {
                    function = start.group(1);
                } else if (NEWER.matcher(line).find() && !OLD.matcher(line).find()) {
                    finding.at(function, line);
                }
            }
        }
        assertThat(objdump.waitFor()).isZero();
        assertThat(lines).isGreaterThan(500);
    }
}
