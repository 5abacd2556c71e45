package io.gramian.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubsetTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"10, 3", "10, 1", "10, 9", "7, 2", "12, 6"})
    void validationAndTrainingImagesPartTheTrainingSet(int size, int count) throws IOException {
        DatasetSpec spec = spec(size).withValidation(count);
        try (ImageDataset whole = spec(size).train();
                ImageDataset train = spec.train();
                ImageDataset validation = spec.test();
                ImageDataset pretrain = spec.pretrain()) {
            assertThat(validation.size()).isEqualTo(count);
            assertThat(train.size()).isEqualTo(size - count);
            assertThat(contents(pretrain)).isEqualTo(contents(train));
            List<String> both = contents(train);
            both.addAll(contents(validation));
            assertThat(both).containsExactlyInAnyOrderElementsOf(contents(whole));
        }
    }

    @Test
    void validationImagesAreSpreadEvenly() throws IOException {
        try (ImageDataset validation = spec(9).withValidation(3).test()) {
            // one in each third
            assertThat(contents(validation).stream().map(image -> image.charAt(0)))
                    .containsExactly('2', '5', '8');
        }
    }

    @Test
    void packedPixelsAreThoseOfTheImages() throws IOException {
        try (ImageDataset train = spec(10).withValidation(4).train()) {
            byte[] all = train.pixels(Device.cpu()).map(Tensor::toBytes).orElseThrow();
            for (int i = 0; i < train.size(); i++) {
                byte[] one = train.image(i).pixels();
                assertThat(java.util.Arrays.copyOfRange(all, i * one.length, (i + 1) * one.length))
                        .isEqualTo(one);
            }
        }
    }

    @Test
    void firstIsThePrefix() throws IOException {
        try (ImageDataset whole = spec(5).train();
                ImageDataset first = Subset.first(spec(5).train(), 2)) {
            assertThat(contents(first)).isEqualTo(contents(whole).subList(0, 2));
            assertThatThrownBy(() -> first.image(2)).isInstanceOf(IndexOutOfBoundsException.class);
        }
        try (ImageDataset whole = spec(5).train()) {
            assertThat(Subset.first(whole, 0)).isSameAs(whole);
            assertThat(Subset.first(whole, 5)).isSameAs(whole);
        }
    }

    @Test
    void somethingMustBeLeft() throws IOException {
        DatasetSpec spec = spec(4).withValidation(4);
        assertThatThrownBy(spec::train)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("validation: expected fewer images than the 4 of")
                .hasMessageEndingWith("got 4");
        assertThatThrownBy(() -> spec(4).withValidation(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    private DatasetSpec spec(int size) throws IOException {
        int[] labels = new int[size];
        for (int i = 0; i < size; i++) {
            labels[i] = i % 10;
        }
        Path images = Files.write(folder.resolve("images"), IdxTest.images(size, 3, 2));
        Path classes = Files.write(folder.resolve("labels"), IdxTest.labels(labels));
        return DatasetSpec.parse("idx:" + images + "," + classes, null);
    }

    private static List<String> contents(ImageDataset data) {
        List<String> contents = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) {
            contents.add(data.label(i) + java.util.Arrays.toString(data.image(i).pixels()));
        }
        return contents;
    }
}
