/** Losses and diagnostics on tensors of PyTorch (bytedeco's presets). CUDA's types are used for tensors of a GPU only. */
module io.gramian.pytorch {
    requires static org.bytedeco.cuda;
    requires static org.jspecify;
    requires transitive io.gramian;
    requires transitive org.bytedeco.pytorch;

    exports io.gramian.pytorch;
}
