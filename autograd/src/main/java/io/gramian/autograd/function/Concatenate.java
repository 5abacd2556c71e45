package io.gramian.autograd.function;

import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Inputs one below the other along the outermost axis: several views as one batch. The inverse of {@link Rows}. */
public final class Concatenate extends Function {
    private final List<Shape> shapes;

    private Concatenate(List<Variable> inputs) {
        super("Concatenate", inputs.toArray(new Variable[0]));
        this.shapes = inputs.stream().map(input -> input.value().shape()).toList();
    }

    /** Inputs (n_i, ...) that agree in all axes but the first: a variable (sum of n_i, ...). */
    public static Variable apply(List<Variable> inputs) {
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException("Concatenate: expected at least one input, got none");
        }
        Tensor y = joined(inputs.stream().map(Variable::value).toList());
        return Autograd.records(inputs.toArray(new Variable[0]))
                ? new Concatenate(inputs).output(y)
                : Variable.constant(y);
    }

    /** The same for plain tensors. */
    public static Tensor joined(List<Tensor> inputs) {
        long[] sizes = inputs.get(0).shape().toArray();
        sizes[0] = 0;
        for (int i = 0; i < inputs.size(); i++) {
            checkFits(inputs.get(0), i, inputs.get(i));
            sizes[0] += inputs.get(i).shape().size(0);
        }
        Tensor y = Tensor.empty(inputs.get(0).device(), inputs.get(0).dtype(), sizes);
        long row = 0;
        for (Tensor input : inputs) {
            long next = row + input.shape().size(0);
            try (Tensor target = y.rows(row, next)) {
                target.copyFrom(input);
            }
            row = next;
        }
        return y;
    }

    private static void checkFits(Tensor first, int index, Tensor input) {
        long[] expected = first.shape().toArray();
        long[] actual = input.shape().toArray();
        boolean fits = input.dtype() == first.dtype() && actual.length == expected.length && actual.length > 0;
        for (int axis = 1; fits && axis < actual.length; axis++) {
            fits = actual[axis] == expected[axis];
        }
        if (!fits) {
            String inner = Arrays.stream(expected)
                    .skip(1)
                    .mapToObj(size -> ", " + size)
                    .collect(Collectors.joining());
            throw new IllegalArgumentException("inputs[" + index + "]: expected " + first.dtype() + " (n" + inner
                    + ") as inputs[0], got " + input.dtype() + " " + input.shape());
        }
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        @Nullable Tensor[] gradients = new Tensor[shapes.size()];
        long row = 0;
        for (int i = 0; i < gradients.length; i++) {
            long next = row + shapes.get(i).size(0);
            if (needs(i)) {
                try (Tensor part = dy.rows(row, next)) {
                    gradients[i] = Tensor.empty(
                                    dy.device(), dy.dtype(), shapes.get(i).toArray())
                            .copyFrom(part);
                }
            }
            row = next;
        }
        return gradients;
    }
}
