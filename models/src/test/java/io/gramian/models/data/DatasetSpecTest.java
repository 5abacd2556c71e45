package io.gramian.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.GramianException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetSpecTest {
    @TempDir
    Path folder;

    @Test
    void readsFashionMnistFromAFolder() throws IOException {
        Files.write(folder.resolve("train-images-idx3-ubyte"), IdxTest.images(3, 28, 28));
        Files.write(folder.resolve("train-labels-idx1-ubyte"), IdxTest.labels(9, 0, 3));
        DatasetSpec spec = DatasetSpec.parse("fashion-mnist", folder);
        try (ImageDataset data = spec.train()) {
            assertThat(data.name()).isEqualTo("fashion-mnist/train");
            assertThat(data.className(data.label(0))).isEqualTo("Ankle boot");
            assertThat(spec.viewSize()).isEqualTo(28);
        }
        assertThatThrownBy(spec::test)
                .isInstanceOf(GramianException.class)
                .hasMessageContaining(
                        "expected t10k-images-idx3-ubyte.gz or t10k-images-idx3-ubyte of Fashion-MNIST, got neither");
        Files.write(folder.resolve("train-images-idx3-ubyte"), IdxTest.images(3, 27, 28));
        assertThatThrownBy(spec::train)
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected grey images of 28 x 28, got 27 x 28 x 1");
    }

    @Test
    void readsIdxPairs() throws IOException {
        Path images = Files.write(folder.resolve("i"), IdxTest.images(2, 5, 6));
        Path labels = Files.write(folder.resolve("l"), IdxTest.labels(1, 0));
        try (ImageDataset data =
                DatasetSpec.parse("idx:" + images + "," + labels, null).test()) {
            assertThat(data.size()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mnist", "folder:", "folder", "idx:a", "cifar10:x", "idx:a,b,c"})
    void saysWhatItUnderstands(String text) {
        assertThatThrownBy(() -> DatasetSpec.parse(text, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected one of fashion-mnist, cifar10,")
                .hasMessageEndingWith("got " + text);
    }
}
