package io.gramian.djl;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.page.PageExample;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/embedding.md for DJL, in a JVM of its own. */
class PageTest {
    @Test
    void theExampleOfThePage(@TempDir Path folder) throws IOException, InterruptedException {
        String cache = System.getProperty("DJL_CACHE_DIR");
        String output = PageExample.run(
                "DjlExample",
                folder,
                "-Dai.djl.offline=true",
                "-DDJL_CACHE_DIR=" + cache,
                "-DENGINE_CACHE_DIR=" + cache);
        // Barlow Twins of 64 features: at most about 64, and not 0
        assertThat(PageExample.number(output, "loss")).isBetween(1e-3, 64.0);
        assertThat(PageExample.number(output, "gradient")).isBetween(1e-6, 1e6);
    }
}
