/** File formats for tensors: npy and safetensors, read strictly and written atomically. */
@NullMarked
package io.gramian.models.format;

import org.jspecify.annotations.NullMarked;
