package io.gramian.autograd.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.AddToEach;
import io.gramian.autograd.function.Attention;
import io.gramian.autograd.function.Gelu;
import io.gramian.autograd.function.PrependToken;
import io.gramian.autograd.function.Tokens;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class TransformerLayersTest {
    private final Device device = Device.cpu();
    private final Generator generator = Generator.of(9);

    private Variable input(long part, long... sizes) {
        return Variable.parameter(generator.split(part).normal(device, 1, sizes));
    }

    private static void check(Supplier<Variable> forward, Map<String, Variable> parameters) {
        new GradientCheck(1e-2, 1e-2, 20, 3).check(forward, parameters);
        parameters.values().forEach(Variable::close);
    }

    @Test
    void functions() {
        Variable x = input(1, 3, 7);
        check(() -> Gelu.apply(x), Map.of("x", x));
        Variable qkv = input(2, 2, 5, 3, 2, 4);
        check(() -> Attention.apply(qkv, 0.5f), Map.of("qkv", qkv));
        Variable sequence = input(3, 2, 5, 3);
        check(() -> Tokens.apply(sequence, 1, 4), Map.of("x", sequence));
        Variable token = input(4, 1, 1, 3);
        Variable patches = input(5, 4, 2, 3);
        check(() -> PrependToken.apply(token, patches), Map.of("token", token, "x", patches));
        try (Tensor constant = generator.normal(device, 1, 1, 5, 3)) {
            Variable each = input(6, 2, 5, 3);
            check(() -> AddToEach.apply(each, constant), Map.of("x", each));
        }
    }

    @Test
    void tokensGoWhereTheyBelong() {
        try (Scope scope = Scope.open()) {
            Variable token = Variable.constant(Tensor.of(device, new float[] {8, 9}, 1, 1, 2));
            Variable x = Variable.constant(Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6, 7, 0}, 2, 2, 2));
            Variable y = PrependToken.apply(token, x);
            assertThat(y.value().toFloats()).containsExactly(8, 9, 1, 2, 3, 4, 8, 9, 5, 6, 7, 0);
            assertThat(Tokens.apply(y, 0, 1).value().toFloats()).containsExactly(8, 9, 8, 9);
            assertThat(Tokens.apply(y, 2, 3).value().toFloats()).containsExactly(3, 4, 7, 0);
            assertThat(AddToEach.apply(x, Tensor.of(device, new float[] {10, 0, 0, 1}, 1, 2, 2))
                            .value()
                            .toFloats())
                    .containsExactly(11, 2, 3, 5, 15, 6, 7, 1);
            assertThatThrownBy(() -> Tokens.apply(y, 2, 4))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "tokens: expected x (n, t, d) with 0 <= from <= to <= t, got (2, 3, 2), from 2 and to 4");
        }
    }

    @Test
    void layers() {
        layer(new LayerNorm(device, 6, 1e-6f), input(1, 4, 6));
        layer(new SelfAttention(device, 6, 2, generator), input(2, 2, 4, 6));
        layer(new TransformerBlock(device, 8, 2, generator), input(3, 2, 3, 8));
    }

    private static void layer(Module module, Variable x) {
        Map<String, Variable> all = new LinkedHashMap<>(module.parameters());
        all.put("x", x);
        check(() -> module.forward(x), all);
    }

    @Test
    void namesAndSizesAreTimms() {
        try (TransformerBlock block = new TransformerBlock(device, 8, 2, generator)) {
            Map<String, String> sizes = new LinkedHashMap<>();
            block.parameters()
                    .forEach((name, parameter) ->
                            sizes.put(name, parameter.value().shape().toString()));
            assertThat(sizes.toString())
                    .isEqualTo("{norm1.weight=(8), norm1.bias=(8), attn.qkv.weight=(24, 8), attn.qkv.bias=(24),"
                            + " attn.proj.weight=(8, 8), attn.proj.bias=(8), norm2.weight=(8), norm2.bias=(8),"
                            + " mlp.fc1.weight=(32, 8), mlp.fc1.bias=(32), mlp.fc2.weight=(8, 32), mlp.fc2.bias=(8)}");
        }
    }

    /** Queries, keys and values are drawn as three square matrices, biases are 0. */
    @Test
    void weightsStartAsTheAuthorsDrawThem() {
        try (SelfAttention attention = new SelfAttention(device, 64, 4, generator)) {
            float[] qkv = attention.parameters().get("qkv.weight").value().toFloats();
            double bound = Math.sqrt(6.0 / 128);
            double largest = 0;
            for (float value : qkv) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertThat(largest).isBetween(0.99 * bound, bound);
            assertThat(attention.parameters().get("qkv.bias").value().toFloats())
                    .containsOnly(0);
            assertThat(attention.parameters().get("proj.bias").value().toFloats())
                    .containsOnly(0);
        }
        assertThatThrownBy(() -> new SelfAttention(device, 64, 5, generator))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("heads: expected a divisor of the width 64, got 5");
    }
}
