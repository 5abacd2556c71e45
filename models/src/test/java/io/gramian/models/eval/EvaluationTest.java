package io.gramian.models.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    @Test
    void featuresThatAreTheLabelAreAlwaysRight() {
        try (Scope scope = Scope.open()) {
            float[] values = new float[120 * 3];
            int[] labels = new int[120];
            for (int i = 0; i < 120; i++) {
                labels[i] = i % 3;
                values[i * 3 + i % 3] = 1;
            }
            Evaluation.Labelled set = new Evaluation.Labelled(Tensor.of(Device.cpu(), values, 120, 3), labels);
            Evaluation.Row row = Evaluation.row(Evaluation.TRAINED, set, set, 3, Evaluation.Settings.defaults());
            assertThat(row.knn()).isEqualTo(1);
            assertThat(row.linear()).isEqualTo(1);
            assertThat(row.dimension()).isEqualTo(3);
            Evaluation evaluation = new Evaluation(Evaluation.Settings.defaults(), List.of(row));
            assertThat(Evaluation.fromJson(evaluation.toJson())).isEqualTo(evaluation);
            assertThat(evaluation.find(Evaluation.TRAINED)).contains(row);
            assertThat(evaluation.find(Evaluation.PIXELS)).isEmpty();
        }
    }

    @Test
    void refusesWhatIsNotAnEvaluation() {
        assertThatThrownBy(() -> Evaluation.fromJson("{\"rows\": ["))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("evaluation: expected JSON");
        assertThatThrownBy(() -> Evaluation.fromJson("{}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one feature set");
    }
}
