package io.gramian.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends every array of the input, one for each view, through the same block, and gives their outputs in the same order: what
 * {@link GramianLoss} takes. Parameters are shared; statistics of batch norms are those of one view at a time.
 *
 * <pre>{@code
 * model.setBlock(new EachView(encoder));   // data of a batch: two arrays; predictions: two arrays
 * }</pre>
 */
public final class EachView extends AbstractBlock {
    private final Block encoder;

    /** A block around the network that all views share. */
    public EachView(Block encoder) {
        this.encoder = addChildBlock("encoder", encoder);
    }

    /** The network that all views share: what is kept after training. */
    public Block encoder() {
        return encoder;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters, NDList views, boolean training, PairList<String, Object> settings) {
        NDList outputs = new NDList(views.size());
        views.forEach(view -> outputs.addAll(encoder.forward(parameters, new NDList(view), training, settings)));
        return outputs;
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... views) {
        encoder.initialize(manager, type, views[0]);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] views) {
        List<Shape> outputs = new ArrayList<>();
        for (Shape view : views) {
            outputs.addAll(List.of(encoder.getOutputShapes(new Shape[] {view})));
        }
        return outputs.toArray(new Shape[0]);
    }
}
