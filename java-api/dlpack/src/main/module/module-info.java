/** DLPack in and out: tensors of other libraries of the process, without a copy. */
module io.gramian.dlpack {
    requires static org.jspecify;
    requires transitive io.gramian;

    exports io.gramian.dlpack;
}
