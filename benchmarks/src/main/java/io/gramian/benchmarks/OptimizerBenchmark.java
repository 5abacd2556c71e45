package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Optimizers.Parameters;
import io.gramian.benchmarks.peer.DjlOptimizer;
import java.util.List;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Param;

/** One AdamW update of a whole network. */
public class OptimizerBenchmark extends SideBySide {
    /** Tensors by elements of each: as many as ResNet-18 has. */
    @Param("62x180000")
    public String shape = "";

    /** Gramian, or DJL's AdamW on PyTorch arrays. */
    @Param({"gramian", "pytorch"})
    public String side = "";

    @Override
    protected String kernel() {
        return "adamw";
    }

    @Override
    protected String shape() {
        return shape;
    }

    @Override
    protected String side() {
        return side;
    }

    @Override
    protected Workload create(String who, int tensors, int elements) {
        return who.equals(OURS) ? new Ours(tensors, elements) : new DjlOptimizer(tensors, elements);
    }

    private static final class Ours implements Workload {
        private final List<Tensor> means;
        private final List<Tensor> squares;
        private final Parameters parameters;
        private long step;

        Ours(int tensors, int elements) {
            means = filled(tensors, elements, 0);
            squares = filled(tensors, elements, 0);
            parameters = Parameters.of(filled(tensors, elements, 1), filled(tensors, elements, 0.01f), 1e-3, 1e-2);
        }

        private static List<Tensor> filled(int tensors, int elements, float value) {
            return IntStream.range(0, tensors)
                    .mapToObj(i -> Tensor.empty(Device.cpu(), elements).fill(value))
                    .toList();
        }

        @Override
        public void run() {
            Device.cpu().backend().optimizers().adam(parameters, means, squares, 0.9, 0.999, 1e-8, ++step, true);
        }

        @Override
        public void close() {
            List.of(means, squares, parameters.values(), parameters.gradients())
                    .forEach(list -> list.forEach(Tensor::close));
        }
    }
}
