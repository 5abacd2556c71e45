import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.eval.KnnClassifier;
import io.gramian.models.eval.LinearProbe;
import java.util.Random;

/** How much embeddings know of classes: nearest neighbours and a linear probe, on three clouds of points. */
public class ScoreEmbeddings {
    static final int CLASSES = 3;
    static final int FEATURES = 12;

    record Labelled(Tensor rows, int[] labels) {}

    public static void main(String[] arguments) {
        try (Scope scope = Scope.open()) {
            Labelled train = clouds(300, 5);
            Labelled test = clouds(150, 6);
            double neighbours = KnnClassifier.cosine(20, 0.1)
                    .accuracy(train.rows, train.labels, test.rows, test.labels, CLASSES);
            LinearProbe.Result probe =
                    LinearProbe.evaluate(train.rows, train.labels, test.rows, test.labels, CLASSES);
            System.out.printf("20 nearest neighbours %.1f %%%n", 100 * neighbours);
            System.out.printf("linear probe          %.1f %%%n", 100 * probe.accuracy());
            if (!(neighbours > 0.9 && probe.accuracy() > 0.9)) {
                throw new IllegalStateException("three clouds that lie apart should be told apart");
            }
        }
    }

    static Labelled clouds(int points, long seed) {
        Random random = new Random(seed);
        float[] values = new float[points * FEATURES];
        int[] labels = new int[points];
        for (int i = 0; i < points; i++) {
            labels[i] = i % CLASSES;
            for (int j = 0; j < FEATURES; j++) {
                values[i * FEATURES + j] = (float) ((j % CLASSES == labels[i] ? 2 : 0) + random.nextGaussian());
            }
        }
        return new Labelled(Tensor.of(Device.cpu(), values, points, FEATURES), labels);
    }
}
