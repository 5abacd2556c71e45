package io.gramian.jcuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.backend.CudaProbe;
import io.gramian.page.PageExample;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of the page: compiled, and run up to the reason why there is no device, where there is none. */
class PageTest {
    @Test
    void theExampleOfThePage(@TempDir Path folder) throws IOException, InterruptedException {
        String why = CudaProbe.result().whyNotUsable(0);
        PageExample.Result result = PageExample.start("JCudaExample", folder);
        if (why.isEmpty()) {
            // a machine with a device may lack JCuda's own natives
            assertThat(result.output()).containsAnyOf("loss ", "JCudaRuntime");
        } else {
            assertThat(result.status()).isOne();
            assertThat(result.output()).contains("io.gramian.GramianException: cuda:0 cannot be used: " + why);
        }
    }
}
