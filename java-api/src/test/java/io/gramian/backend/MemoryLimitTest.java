package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MemoryLimitTest {
    @Test
    void bytesWithAUnitOrWithout() {
        assertThat(MemoryLimit.parse("123")).isEqualTo(123);
        assertThat(MemoryLimit.parse("4k")).isEqualTo(4096);
        assertThat(MemoryLimit.parse(" 5M ")).isEqualTo(5L << 20);
        assertThat(MemoryLimit.parse("20g")).isEqualTo(20L << 30);
    }

    @Test
    void otherWordsAreRefused() {
        for (String words : new String[] {"", "20 g", "-1", "1t", "1.5g", "0x10"}) {
            assertThatThrownBy(() -> MemoryLimit.parse(words))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageEndingWith("such as 20g, got '" + words + "'");
        }
    }
}
