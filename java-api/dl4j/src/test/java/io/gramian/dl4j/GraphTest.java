package io.gramian.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.spectrum.CollapseVerdict;
import io.gramian.spectrum.Diagnosis;
import io.gramian.training.CurveCheck;
import io.gramian.training.LeakCheck;
import io.gramian.training.TwoLayers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** A graph with two views and our loss repeats our own training. */
class GraphTest {
    private static final INDArray UNREAD = Nd4j.zeros(TwoLayers.BATCH, 1);

    @ParameterizedTest
    @MethodSource("io.gramian.training.TwoLayers#rates")
    void lossesAreThoseOfOurEngine(MultiViewLoss loss, double rate) {
        ComputationGraph graph = graph(GramianLoss.of(loss), rate);
        double[] losses = new double[TwoLayers.STEPS];
        for (int step = 0; step < losses.length; step++) {
            graph.fit(batch(step));
            losses[step] = graph.score();
        }
        CurveCheck.same(TwoLayers.losses(loss, rate), losses);
    }

    @Test
    void aNetworkWhoseInputIsStackedRepeatsItToo() {
        double rate = 0.1;
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .updater(new Sgd(rate))
                .list()
                .layer(dense(TwoLayers.inputs(), TwoLayers.HIDDEN, Activation.RELU))
                .layer(new OutputLayer.Builder(GramianLoss.of(NtXent.defaults()).stackedInput())
                        .nIn(TwoLayers.HIDDEN)
                        .nOut(TwoLayers.OUTPUTS)
                        .activation(Activation.IDENTITY)
                        .build())
                .build());
        network.init();
        start(network.paramTable(), "0_", "1_");
        double[] losses = new double[TwoLayers.STEPS];
        INDArray unread = Nd4j.zeros(2 * TwoLayers.BATCH, TwoLayers.OUTPUTS);
        for (int step = 0; step < losses.length; step++) {
            MultiDataSet views = batch(step);
            network.fit(new DataSet(Nd4j.vstack(views.getFeatures(0), views.getFeatures(1)), unread));
            losses[step] = network.score();
        }
        CurveCheck.same(TwoLayers.losses(NtXent.defaults(), rate), losses);
    }

    @Test
    void theListenerTellsOfEachHundredthIteration() {
        ComputationGraph graph = graph(GramianLoss.of(NtXent.defaults()), 0.5);
        Map<Long, Diagnosis> seen = new TreeMap<>();
        graph.setListeners(CollapseListener.every("embedding", 100, (diagnosis, step) -> seen.put(step, diagnosis)));
        for (int step = 0; step < 201; step++) {
            graph.fit(batch(step));
        }
        assertThat(seen.keySet()).containsExactly(0L, 100L, 200L);
        assertThat(seen.values()).allSatisfy(diagnosis -> {
            assertThat(diagnosis.effectiveRank()).isBetween(1.0, (double) TwoLayers.OUTPUTS);
            assertThat(diagnosis.deviations()).hasSize(TwoLayers.OUTPUTS);
        });
        graph.setListeners(CollapseListener.every("elsewhere", 1));
        assertThatThrownBy(() -> graph.fit(batch(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got 'elsewhere'");
    }

    @Test
    void collapseIsToldByName() {
        List<Diagnosis> seen = new ArrayList<>();
        CollapseListener listener = CollapseListener.every("embedding", 1, (diagnosis, step) -> seen.add(diagnosis));
        ComputationGraph graph = graph(GramianLoss.of(NtXent.defaults()), 0.5);
        listener.onForwardPass(graph, Map.of("embedding", Nd4j.ones(32, 16)));
        assertThat(seen.get(0).verdict().kind()).isEqualTo(CollapseVerdict.Kind.COMPLETE);
        assertThat(seen.get(0).warns()).isTrue();
    }

    @Test
    void aSavedNetworkKeepsTheNameOfItsLoss() {
        ComputationGraph graph = graph(GramianLoss.of(NtXent.defaults()), 0.5);
        ComputationGraphConfiguration restored =
                ComputationGraphConfiguration.fromJson(graph.getConfiguration().toJson());
        ComputationGraph loaded = new ComputationGraph(restored);
        loaded.init();
        loaded.setParams(graph.params());
        MultiDataSet views = batch(0);
        assertThat(loaded.output(views.getFeatures())[0]).isEqualTo(graph.output(views.getFeatures())[0]);
        assertThatThrownBy(() -> loaded.fit(views))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("nt-xent: this network was loaded");
    }

    @Test
    void aThousandStepsOfAGraphLeakNothing() throws IOException {
        ComputationGraph graph = graph(GramianLoss.of(NtXent.defaults()), 0.01);
        MultiDataSet views = batch(0);
        LeakCheck.thousand(() -> graph.fit(views));
    }

    private static DenseLayer dense(int in, int out, Activation activation) {
        return new DenseLayer.Builder().nIn(in).nOut(out).activation(activation).build();
    }

    private static ComputationGraph graph(GramianLoss loss, double rate) {
        ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder()
                .updater(new Sgd(rate))
                .graphBuilder()
                .addInputs("view1", "view2")
                .addVertex("views", new StackVertex(), "view1", "view2")
                .addLayer("hidden", dense(TwoLayers.inputs(), TwoLayers.HIDDEN, Activation.RELU), "views")
                .addLayer("embedding", dense(TwoLayers.HIDDEN, TwoLayers.OUTPUTS, Activation.IDENTITY), "hidden")
                .addLayer(
                        "loss",
                        new LossLayer.Builder(loss)
                                .activation(Activation.IDENTITY)
                                .build(),
                        "embedding")
                .setOutputs("loss")
                .build());
        graph.init();
        start(graph.paramTable(), "hidden_", "embedding_");
        return graph;
    }

    private static void start(Map<String, INDArray> parameters, String first, String second) {
        Map<String, float[]> start = TwoLayers.start();
        weight(parameters.get(first + "W"), start.get("weight1"));
        parameters
                .get(first + "b")
                .assign(Nd4j.createFromArray(start.get("bias1")).reshape(1, TwoLayers.HIDDEN));
        weight(parameters.get(second + "W"), start.get("weight2"));
        parameters
                .get(second + "b")
                .assign(Nd4j.createFromArray(start.get("bias2")).reshape(1, TwoLayers.OUTPUTS));
    }

    /** Deeplearning4j has weights (in, out). */
    private static void weight(INDArray parameter, float[] outByIn) {
        long in = parameter.size(0);
        long out = parameter.size(1);
        parameter.assign(Nd4j.createFromArray(outByIn).reshape('c', out, in).transpose());
    }

    private static MultiDataSet batch(int step) {
        float[][] views = TwoLayers.batch(step);
        INDArray[] features = new INDArray[2];
        for (int v = 0; v < 2; v++) {
            features[v] = Nd4j.createFromArray(views[v]).reshape('c', TwoLayers.BATCH, TwoLayers.inputs());
        }
        return new MultiDataSet(features, new INDArray[] {UNREAD});
    }
}
