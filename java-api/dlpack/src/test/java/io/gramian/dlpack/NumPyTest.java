package io.gramian.dlpack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gramian.page.LoadedLibraries;
import io.gramian.page.PageExample;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The structures as NumPy, which shares no line with us, makes and reads them; and the example of the page. */
class NumPyTest {
    @Test
    void numPyReadsWhatWeMakeAndMakesWhatWeRead() throws IOException, InterruptedException {
        assumeTrue(hasNumPy(), "left out: no python3 with NumPy here; DlPackTest has the rest");
        Path script = PageExample.root().resolve("java-api/dlpack/src/test/python/exchange.py");
        String library = LoadedLibraries.file("libgramian_cpu.so").toString();
        ProcessBuilder python = new ProcessBuilder("python3", script.toString(), library);
        python.environment().put("LD_LIBRARY_PATH", LoadedLibraries.folders());
        python.environment().remove("LD_PRELOAD");
        PageExample.Result result = PageExample.finished(python);
        assertThat(result.output()).startsWith("exchanged with NumPy ");
        assertThat(result.status()).isZero();
    }

    private static boolean hasNumPy() throws InterruptedException {
        try {
            // from 2.1 on it takes and gives versioned structures
            String question = "import numpy; exit(tuple(map(int, numpy.__version__.split('.')[:2])) < (2, 1))";
            return PageExample.finished(new ProcessBuilder("python3", "-c", question))
                            .status()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void theExampleOfThePage(@TempDir Path folder) throws IOException, InterruptedException {
        String output = PageExample.run("DlPackExample", folder);
        // 4 pairs: between 0 and log(7) + 2 / temperature
        assertThat(PageExample.number(output, "loss")).isBetween(0.0, 6.0);
        assertThat(Math.abs(PageExample.number(output, "gradient"))).isBetween(1e-9, 1.0);
    }
}
