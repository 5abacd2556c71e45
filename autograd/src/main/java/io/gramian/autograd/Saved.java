package io.gramian.autograd;

import io.gramian.GramianException;
import io.gramian.Tensor;

/** A tensor that a {@link Function} keeps for its backward pass, with the version that it had. */
public final class Saved {
    private final String function;
    private final String what;
    private final Tensor view;
    private final long version;

    Saved(String function, String what, Tensor tensor) {
        this.function = function;
        this.what = what;
        this.view = tensor.reshape(tensor.shape().toArray());
        this.version = tensor.version();
    }

    /** The tensor; throws when it was changed in place since it was saved, or freed. */
    public Tensor get() {
        if (view.isClosed()) {
            throw new IllegalStateException(function + ": the saved tensor " + what
                    + " was freed; call backward() inside the scope of the forward pass");
        }
        if (view.version() != version) {
            throw new GramianException(function + ": the tensor " + what + " " + view.shape()
                    + " is needed for the gradient but was changed in place after the forward pass (version "
                    + view.version() + ", saved at " + version + "); change a copy instead");
        }
        return view;
    }

    void release() {
        view.close();
    }
}
