package io.gramian.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.page.PageExample;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/embedding.md for PyTorch, in a JVM of its own. */
class PageTest {
    @Test
    void theExampleOfThePage(@TempDir Path folder) throws IOException, InterruptedException {
        String output = PageExample.run("PyTorchExample", folder);
        // VICReg with 25 times the squared distance of unrelated views
        assertThat(PageExample.number(output, "loss")).isBetween(1.0, 1e6);
        assertThat(PageExample.number(output, "gradient")).isBetween(1e-6, 1e6);
    }
}
