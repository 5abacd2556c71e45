package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.loss.InfoNce;
import java.util.ArrayList;
import java.util.List;

/**
 * InfoNCE whose temperature is trained, as CLIP's: {@code temperature = exp(-logScale)}, so that logits are
 * {@code exp(logScale) <a_i, b_j>}.
 *
 * <p>Source: Radford et al. (arXiv 2103.00020), figure 3; CLIP starts at {@code log(1 / 0.07)} and keeps {@code exp(logScale)}
 * at most 100 by clamping the parameter after each step.
 */
public final class LearnedTemperature {
    private LearnedTemperature() {}

    /**
     * The loss: a variable of shape (1).
     *
     * @param za rows of the first view (n, d), normalised inside
     * @param zb rows of the second view (n, d)
     * @param logScale one element; a temperature from 1e-30 to 1e30
     * @param symmetric whether both directions are averaged
     */
    public static Variable apply(Variable za, Variable zb, Variable logScale, boolean symmetric) {
        if (logScale.value().elements() != 1) {
            throw new IllegalArgumentException("logScale: expected one element, got shape "
                    + logScale.value().shape());
        }
        InfoNce loss = new InfoNce((float) Math.exp(-logScale.value().item()), true, symmetric);
        List<Variable> views = List.of(za, zb);
        List<Tensor> values = List.of(za.value(), zb.value());
        if (!Autograd.records(za, zb, logScale)) {
            return Variable.constant(ComputedLoss.constant(views, loss.value(values)));
        }
        List<Tensor> gradients = new ArrayList<>(ComputedLoss.like(views));
        InfoNce.Result result = loss.valueAndGradients(values, gradients);
        Tensor scale = ComputedLoss.like(List.of(logScale)).get(0);
        gradients.add(scale.fill((float) result.logScaleGradient()));
        return ComputedLoss.of(
                "LearnedTemperature", ComputedLoss.deferred(views, result::loss), List.of(za, zb, logScale), gradients);
    }
}
