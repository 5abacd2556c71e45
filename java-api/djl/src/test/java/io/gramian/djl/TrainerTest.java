package io.gramian.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import io.gramian.loss.MultiViewLoss;
import io.gramian.spectrum.Diagnosis;
import io.gramian.training.CurveCheck;
import io.gramian.training.TwoLayers;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A DJL trainer with our loss repeats our own training. */
class TrainerTest {
    @ParameterizedTest
    @MethodSource("io.gramian.training.TwoLayers#rates")
    void lossesAreThoseOfOurEngine(MultiViewLoss loss, double rate) {
        Map<Long, Diagnosis> seen = new TreeMap<>();
        CollapseListener listener = CollapseListener.every(100, (diagnosis, step) -> seen.put(step, diagnosis));
        CurveCheck.same(TwoLayers.losses(loss, rate), train(GramianLoss.of(loss), (float) rate, listener));
        assertThat(seen.keySet()).containsExactly(0L, 100L, 200L);
        assertThat(seen.values()).allSatisfy(diagnosis -> {
            assertThat(diagnosis.effectiveRank()).isBetween(1.0, (double) TwoLayers.OUTPUTS);
            assertThat(diagnosis.deviations()).hasSize(TwoLayers.OUTPUTS);
        });
    }

    private static double[] train(GramianLoss loss, float rate, CollapseListener listener) {
        double[] losses = new double[TwoLayers.STEPS];
        SequentialBlock encoder = new SequentialBlock()
                .add(Linear.builder().setUnits(TwoLayers.HIDDEN).build())
                .add(Activation.reluBlock())
                .add(Linear.builder().setUnits(TwoLayers.OUTPUTS).build());
        DefaultTrainingConfig config = new DefaultTrainingConfig(loss)
                .optDevices(new Device[] {Device.cpu()})
                .optOptimizer(Optimizer.sgd()
                        .setLearningRateTracker(Tracker.fixed(rate))
                        .build())
                .addTrainingListeners(listener, new TrainingListenerAdapter() {
                    private int step;

                    @Override
                    public void onTrainingBatch(Trainer trainer, BatchData data) {
                        loss.addAccumulator("step");
                        loss.updateAccumulator(
                                "step",
                                data.getLabels().get(Device.cpu()),
                                data.getPredictions().get(Device.cpu()));
                        losses[step++] = loss.getAccumulator("step");
                    }
                });
        try (Model model = Model.newInstance("two-layers", "PyTorch")) {
            model.setBlock(new EachView(encoder));
            try (Trainer trainer = model.newTrainer(config)) {
                Shape view = new Shape(TwoLayers.BATCH, TwoLayers.inputs());
                trainer.initialize(view, view);
                Iterator<float[]> start = TwoLayers.start().values().iterator();
                for (Parameter parameter : encoder.getParameters().values()) {
                    parameter.getArray().set(start.next());
                }
                assertThat(start.hasNext()).isFalse();
                for (int step = 0; step < TwoLayers.STEPS; step++) {
                    try (Batch batch = batch(trainer.getManager().newSubManager(), step)) {
                        EasyTrain.trainBatch(trainer, batch);
                        trainer.step();
                    }
                }
            }
        }
        return losses;
    }

    private static Batch batch(NDManager manager, int step) {
        float[][] views = TwoLayers.batch(step);
        Shape shape = new Shape(TwoLayers.BATCH, TwoLayers.inputs());
        NDArray first = manager.create(views[0], shape);
        NDArray second = manager.create(views[1], shape);
        NDArray unread = manager.zeros(new Shape(TwoLayers.BATCH));
        return new Batch(
                manager,
                new NDList(first, second),
                new NDList(unread),
                TwoLayers.BATCH,
                Batchifier.STACK,
                Batchifier.STACK,
                step,
                TwoLayers.STEPS);
    }
}
