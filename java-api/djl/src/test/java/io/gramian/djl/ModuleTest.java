package io.gramian.djl;

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
            import ai.djl.engine.Engine;
            import ai.djl.ndarray.NDArray;
            import ai.djl.ndarray.NDList;
            import ai.djl.ndarray.NDManager;
            import ai.djl.ndarray.types.Shape;
            import ai.djl.training.GradientCollector;
            import io.gramian.djl.GramianLoss;
            import io.gramian.loss.NtXent;

            public class Main {
                public static void main(String[] arguments) {
                    try (NDManager manager = NDManager.newBaseManager("PyTorch");
                            GradientCollector tape = Engine.getEngine("PyTorch").newGradientCollector()) {
                        NDArray a = manager.randomNormal(new Shape(8, 4));
                        a.setRequiresGradient(true);
                        NDArray b = manager.randomNormal(new Shape(8, 4));
                        NDArray loss = GramianLoss.of(new NtXent(0.5f)).evaluate(new NDList(), new NDList(a, b));
                        tape.backward(loss);
                        float gradient = a.getGradient().norm().getFloat();
                        System.out.println("loss " + loss.getFloat() + ", gradient " + gradient);
                        System.out.println(GramianLoss.class.getModule());
                    }
                }
            }
            """;

    /** The jar of PyTorch's libraries stays on the class path: its manifest has a name that no module can have. */
    @Test
    void aProgramOnTheModulePath(@TempDir Path folder) throws IOException, InterruptedException {
        String cache = System.getProperty("DJL_CACHE_DIR");
        String output = ModuleProgram.in(folder, "pytorch-native-cpu")
                .run(PROGRAM, "-Dai.djl.offline=true", "-DDJL_CACHE_DIR=" + cache, "-DENGINE_CACHE_DIR=" + cache);
        assertThat(output).contains("module io.gramian.djl");
        // between 0 and, for 16 rows at temperature 0.5, log 15 + 2 / 0.5
        assertThat(PageExample.number(output, "loss")).isBetween(1e-3, 6.8);
        assertThat(PageExample.number(output, "gradient")).isBetween(1e-6, 10.0);
    }
}
