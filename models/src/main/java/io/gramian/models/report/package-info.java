/**
 * What a run leaves for people to look at: TensorBoard event files and a self-contained {@code report.html}.
 *
 * <p>The report is made from the files of the run folder alone. Each may be missing; the report then says so.
 *
 * <ul>
 *   <li>{@code summary.json}: method, data, class names, number of training images, epochs, seconds, images per second,
 *       environment ({@link io.gramian.models.report.RunArtifacts.Summary}).
 *   <li>{@code metrics.jsonl}: one JSON object a line. {@code {"type": "step", "step", "epoch", "loss", "lr",
 *       "seconds", "images_per_second", "data_wait_seconds"}}, where epoch may be a fraction, and {@code {"type": "spectrum",
 *       "step", "epoch", "singular_values": [..], "effective_rank", "rankme", "std", "representation": {..}, "warnings":
 *       [{"name", "where", "finding", "advice"}]}}: largest singular value first, of the embedding and the representation.
 *       {@code {"type": "online_probe", "step", "epoch", "accuracy", "loss"}} where one was asked for.
 *   <li>{@code evaluation.json}: {@link io.gramian.models.eval.Evaluation#toJson}.
 *   <li>{@code embeddings.npy} (n, d) float32: features of test images; {@code labels.npy} (n) int32: their classes.
 *   <li>{@code images.npy} (m, h, w, c) uint8, m at most n: the test images of the first m embeddings; c is 1 or 3.
 *   <li>{@code augmented.npy} (k, v, h, w, c) uint8: k training images, each followed by its v - 1 views.
 *   <li>{@code config.yaml}: the resolved configuration, printed as it is.
 * </ul>
 */
@NullMarked
package io.gramian.models.report;

import org.jspecify.annotations.NullMarked;
