package io.gramian.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.page.PageExample;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/embedding.md for Deeplearning4j, in a JVM of its own. */
class PageTest {
    @Test
    void theExampleOfThePage(@TempDir Path folder) throws IOException, InterruptedException {
        String output = PageExample.run("Dl4jExample", folder);
        // NT-Xent of 256 pairs: at most log(511)
        assertThat(PageExample.number(output, "loss")).isBetween(1.0, 6.24);
        assertThat(PageExample.number(output, "gradient")).isBetween(1e-6, 1e6);
    }
}
