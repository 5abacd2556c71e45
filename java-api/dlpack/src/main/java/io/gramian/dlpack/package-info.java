/** DLPack in and out: tensors of any library of this process, without a copy. */
@NullMarked
package io.gramian.dlpack;

import org.jspecify.annotations.NullMarked;
