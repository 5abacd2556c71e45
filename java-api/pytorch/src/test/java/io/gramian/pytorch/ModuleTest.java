package io.gramian.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.page.ModuleProgram;
import io.gramian.page.PageExample;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleTest {
    private static final String PROGRAM =
            """
            import io.gramian.loss.NtXent;
            import io.gramian.pytorch.GramianLoss;
            import org.bytedeco.pytorch.Tensor;
            import org.bytedeco.pytorch.global.torch;

            public class Main {
                public static void main(String[] arguments) {
                    Tensor a = torch.randn(8, 4).set_requires_grad(true);
                    Tensor loss = GramianLoss.of(new NtXent(0.5f)).forward(a, torch.randn(8, 4));
                    loss.backward();
                    System.out.println("loss " + loss.item_float() + ", gradient " + a.grad().norm().item_float());
                    System.out.println(GramianLoss.class.getModule());
                }
            }
            """;

    /**
     * The module of PyTorch's libraries is named, of the CPU here: the adapter leaves it to the user which. PyTorch's own
     * module has types of CUDA in its signatures and does not require them, so the compiler is told.
     */
    @Test
    void aProgramOnTheModulePath(@TempDir Path folder) throws IOException, InterruptedException {
        String output = ModuleProgram.in(folder)
                .compiledWith("--add-reads", "org.bytedeco.pytorch=org.bytedeco.cuda")
                .run(PROGRAM, "--add-modules=org.bytedeco.pytorch.linux.x86_64");
        assertThat(output).contains("module io.gramian.pytorch");
        // between 0 and, for 16 rows at temperature 0.5, log 15 + 2 / 0.5
        assertThat(PageExample.number(output, "loss")).isBetween(1e-3, 6.8);
        assertThat(PageExample.number(output, "gradient")).isBetween(1e-6, 10.0);
    }
}
