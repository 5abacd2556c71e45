/** Reverse-mode differentiation, layers and optimisers. */
module io.gramian.autograd {
    requires static org.jspecify;
    requires transitive io.gramian;

    exports io.gramian.autograd;
    exports io.gramian.autograd.function;
    exports io.gramian.autograd.nn;
    exports io.gramian.autograd.optim;
}
