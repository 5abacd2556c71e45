package io.gramian.autograd;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Deferred;
import io.gramian.backend.Fetched;
import org.jspecify.annotations.Nullable;

/**
 * A tensor in a computation that can be differentiated.
 *
 * <p>Leaves are {@linkplain #constant constants} and {@linkplain #parameter parameters}; all others come from a
 * {@link Function}. {@link #backward()} adds the gradient of a scalar to {@link #grad()} of every parameter behind it
 * and, as
 * it goes, frees what the pass no longer needs: saved tensors, gradients of intermediate variables, and their values
 * unless
 * {@link #retain()} was called. Run each training step inside a {@link Scope}, which frees the rest.
 */
public final class Variable {
    private final Tensor value;
    private final boolean requiresGradient;
    private final @Nullable Function creator;
    private final @Nullable RoundedCopy rounded;
    private @Nullable Tensor gradient;
    private @Nullable Deferred<Double> number;
    private boolean retained;

    Variable(Tensor value, boolean requiresGradient, @Nullable Function creator) {
        this.value = value;
        this.requiresGradient = requiresGradient;
        this.creator = creator;
        this.rounded = requiresGradient && creator == null ? new RoundedCopy() : null;
    }

    /** A scalar of a device whose tensor is written when somebody asks for it; nobody has to wait before. */
    Variable(Tensor value, Deferred<Double> number, @Nullable Function creator) {
        this(value, creator != null, creator);
        this.number = number;
    }

    /** A leaf without gradient. */
    public static Variable constant(Tensor value) {
        return new Variable(value, false, null);
    }

    /** A leaf that collects gradients. The tensor is taken out of every scope: {@link #close} frees it. */
    public static Variable parameter(Tensor value) {
        return new Variable(Scope.detach(value), true, null);
    }

    /** The tensor. That of a loss on a GPU waits for its number; {@link #fetch} does not. */
    public Tensor value() {
        Tensor tensor = tensor();
        Deferred<Double> unwritten = number;
        if (unwritten != null) {
            number = null;
            tensor.fill(unwritten.get().floatValue());
        }
        return tensor;
    }

    /**
     * The tensor as a factor of activations of this type: itself, or rounded for {@link DType#BFLOAT16}. A parameter is
     * rounded once for all who ask until its value changes, into a copy that it keeps; other variables for each who asks.
     */
    public Tensor operand(DType type) {
        if (type != DType.BFLOAT16) {
            return value();
        }
        return rounded == null ? RoundedCopy.passing(value()) : rounded.of(value);
    }

    /** The only element, brought to the host behind what the device was given so far; waits for nothing. */
    public Fetched<Double> fetch() {
        return deferred().fetch();
    }

    /** The only element, to be fetched as often as its computation is repeated. */
    public Deferred<Double> deferred() {
        Deferred<Double> unwritten = number;
        return unwritten != null ? unwritten : Deferred.of(value.device(), () -> (double) tensor().item());
    }

    /** Whether this is a scalar whose number nobody has asked for. */
    public boolean isDeferred() {
        return number != null;
    }

    /** A constant scalar whose number may still be on its way. */
    public static Variable constant(Tensor value, Deferred<Double> number) {
        return new Variable(value, number, null);
    }

    /** The tensor, of which the number may still be missing. */
    Tensor tensor() {
        if (creator != null && value.isClosed()) {
            throw new IllegalStateException("the output " + value.shape() + " of " + creator.name()
                    + " was freed; call retain() on the variable before backward() to keep it,"
                    + " and read it before its scope closes");
        }
        return value;
    }

    /** Device of the tensor. */
    public Device device() {
        return value.device();
    }

    /** Sum of the gradients since {@link #clearGradient()}; null before the first. Only parameters have one. */
    public @Nullable Tensor grad() {
        return creator == null ? gradient : null;
    }

    /** Whether a gradient is computed for this variable. */
    public boolean requiresGradient() {
        return requiresGradient;
    }

    /** Keeps the value of an intermediate variable after {@link #backward()}, until the scope closes. */
    public Variable retain() {
        retained = true;
        return this;
    }

    /** The same value as a constant: no gradient flows back. */
    public Variable detach() {
        return constant(value());
    }

    /** Adds the gradient of this scalar to the parameters behind it. The graph can be used once. */
    public void backward() {
        if (value.elements() != 1) {
            throw new IllegalArgumentException("backward: expected a variable with one element, got shape "
                    + value.shape() + "; give the gradient with backward(Tensor)");
        }
        tensor();
        backward(Tensor.empty(value.device(), value.shape().toArray()).fill(1));
    }

    /** As {@link #backward()} for the scalar {@code sum(this * seed)}; the seed is used up. */
    public void backward(Tensor seed) {
        Engine.run(this, seed);
    }

    /** Sets the gradient of a parameter to one that was computed otherwise, by a captured graph for instance; takes it over. */
    public void gradient(Tensor computed) {
        if (creator != null || !requiresGradient) {
            throw new IllegalStateException("gradient: expected a parameter, got " + this);
        }
        Check.sameShape("gradient", computed, "the parameter", value);
        clearGradient();
        gradient = Scope.detach(computed);
    }

    /** Frees the gradient. */
    public void clearGradient() {
        if (gradient != null) {
            gradient.close();
            gradient = null;
        }
    }

    /** Frees value, gradient and rounded copy of a parameter. */
    public void close() {
        clearGradient();
        if (rounded != null) {
            rounded.close();
        }
        value.close();
    }

    @Nullable
    Function creator() {
        return creator;
    }

    /** Adds a gradient, which is used up. Returns whether it was the first. */
    boolean accumulate(Tensor more) {
        if (gradient == null) {
            gradient = creator == null ? Scope.detach(more) : more;
            return true;
        }
        Tensor sum = gradient;
        sum.device().backend().linearAlgebra().add(sum, more, sum);
        more.close();
        return false;
    }

    Tensor takeGradient() {
        Tensor taken = gradient;
        gradient = null;
        if (taken == null) {
            throw new IllegalStateException("backward reached a variable without a gradient");
        }
        return taken;
    }

    void releaseValue() {
        if (!retained) {
            value.close();
        }
    }

    /** As in {@code FLOAT32 (256, 128) on cpu from Linear}. */
    @Override
    public String toString() {
        return value + (creator != null ? " from " + creator.name() : requiresGradient ? " parameter" : " constant");
    }
}
