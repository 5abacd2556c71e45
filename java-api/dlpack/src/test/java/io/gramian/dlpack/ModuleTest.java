package io.gramian.dlpack;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.page.ModuleProgram;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleTest {
    private static final String PROGRAM =
            """
            import io.gramian.Device;
            import io.gramian.Tensor;
            import io.gramian.dlpack.DlPack;

            public class Main {
                public static void main(String[] arguments) {
                    try (Tensor z = Tensor.of(Device.cpu(), new float[] {1, 2, 3, 4}, 2, 2);
                            Tensor back = DlPack.tensor(DlPack.export(z))) {
                        System.out.println("last " + back.toFloats()[3] + " " + DlPack.class.getModule());
                    }
                }
            }
            """;

    @Test
    void aProgramOnTheModulePath(@TempDir Path folder) throws IOException, InterruptedException {
        assertThat(ModuleProgram.in(folder).run(PROGRAM)).contains("last 4.0 module io.gramian.dlpack");
    }
}
