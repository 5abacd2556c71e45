package io.gramian.models.collapse;

/** Where the contrastive loss is attached to the backbone. */
public enum Variant {
    /** To the output of a nonlinear projector: two linear layers with batch norm and ReLU between them. */
    PROJECTOR("SimCLR, two-layer projector"),
    /** To the output of one linear layer. */
    LINEAR_PROJECTOR("SimCLR, linear projector"),
    /** To the representation itself. */
    NO_PROJECTOR("SimCLR, no projector"),
    /** To the leading part of the representation; the rest learns through the residual connections. */
    DIRECT("DirectCLR");

    private final String title;

    Variant(String title) {
        this.title = title;
    }

    /** Name for people. */
    public String title() {
        return title;
    }
}
