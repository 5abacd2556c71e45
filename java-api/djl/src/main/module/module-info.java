/** Losses and diagnostics in a DJL Trainer. DJL's modules are automatic: their names stand in their manifests. */
module io.gramian.djl {
    requires static org.jspecify;
    requires transitive ai.djl.api;
    requires transitive io.gramian;
    requires ai.djl.pytorch_engine;

    exports io.gramian.djl;
}
