/** File formats: npy and safetensors, read strictly and written atomically; ONNX, written. */
@NullMarked
package io.gramian.models.format;

import org.jspecify.annotations.NullMarked;
