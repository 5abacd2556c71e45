package io.gramian.models.backbone;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Weights of a residual network as torchvision's {@code resnet18().state_dict()} has them: names without a prefix, convolutions as
 * (out, in, h, w), {@code num_batches_tracked} beside each normalisation, no {@code fc}. A network with {@link Stem#IMAGENET} loads
 * in PyTorch as it is; with another stem the names are the same, and {@code conv1} and {@code maxpool} of the PyTorch model have
 * to be replaced by what {@link Stem} says.
 */
public final class TorchvisionWeights {
    private static final String TRACKED = "num_batches_tracked";
    private static final String MEAN = "running_mean";
    private static final PyTorchLayout.Expected EXPECTED = new PyTorchLayout.Expected(
            "torchvision's residual network",
            name -> name.startsWith("fc.") || name.endsWith("." + TRACKED),
            "use network.blocks of the network that the file holds",
            "use network.width, network.stem and images with as many channels as the file's");

    private TorchvisionWeights() {}

    /**
     * Writes a network.
     *
     * @param steps training steps taken, for {@code num_batches_tracked}
     * @param metadata texts of the header
     * @throws GramianException if the file cannot be written
     */
    public static void write(Path path, ResNet network, long steps, Map<String, String> metadata) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            PyTorchLayout.tensors(network).forEach((name, tensor) -> {
                tensors.put(name, PyTorchLayout.outward(tensor));
                if (name.endsWith(MEAN)) {
                    tensors.put(name.substring(0, name.length() - MEAN.length()) + TRACKED, count(tensor, steps));
                }
            });
            Safetensors.write(path, tensors, metadata);
        }
    }

    /**
     * Reads a file with torchvision's names into a network. Nothing is changed unless every tensor fits; {@code fc} and
     * {@code num_batches_tracked} are left out.
     *
     * @throws GramianException if the file is damaged or of another network, naming what is missing, what is too much, or the first
     *     tensor whose shape differs
     */
    public static void read(Path path, ResNet network) {
        PyTorchLayout.read(path, network, EXPECTED);
    }

    /**
     * A residual network without its weights.
     *
     * @param settings stem, width and channels
     * @param depths blocks of each stage
     * @param bottlenecks whether blocks are those of ResNet-50
     */
    public record Architecture(ResNet.Settings settings, List<Integer> depths, boolean bottlenecks) {
        /** Copies the list. */
        public Architecture {
            depths = List.copyOf(depths);
        }

        /** Such a network, freshly initialised. */
        public ResNet network(Device device, long seed) {
            return bottlenecks
                    ? ResNet.bottlenecksWithDepths(device, settings, depths, seed)
                    : ResNet.withDepths(device, settings, depths, seed);
        }
    }

    /**
     * The residual network that a file of torchvision's names holds: depths, width, channels and kernel of the first layer are those
     * of the file. A first layer of 7 x 7 is {@link Stem#IMAGENET}; one of 3 x 3 has the stem that the header names,
     * {@link Stem#CIFAR} where it names none.
     *
     * @throws GramianException if the file is damaged or holds another kind of network
     */
    public static Architecture architecture(Path path) {
        try (SafetensorsFile file = Safetensors.open(path)) {
            Set<String> names = file.names();
            if (names.contains("backbone.conv1.weight")) {
                throw new GramianException(
                        path + " is the model of a run; give the folder of the run, or export it first:"
                                + " gramian export RUN -o FILE.safetensors");
            }
            if (!names.contains("conv1.weight") || file.shape("conv1.weight").rank() != 4) {
                throw new GramianException(path
                        + ": expected conv1.weight (out, in, h, w), as torchvision's residual networks have it, got "
                        + (names.isEmpty() ? "no tensor" : PyTorchLayout.some(List.copyOf(names))));
            }
            List<Integer> depths = new ArrayList<>();
            for (int stage = 1; names.contains(block(stage, 0)); stage++) {
                int blocks = 1;
                while (names.contains(block(stage, blocks))) {
                    blocks++;
                }
                depths.add(blocks);
            }
            if (depths.isEmpty()) {
                throw new GramianException(
                        path + ": expected " + block(1, 0) + ", as torchvision's residual networks have it, got "
                                + PyTorchLayout.some(List.copyOf(names)));
            }
            Shape first = file.shape("conv1.weight");
            String named = file.metadata().getOrDefault("stem", "");
            Stem small =
                    named.startsWith("compact") ? Stem.COMPACT : named.startsWith("pooled") ? Stem.POOLED : Stem.CIFAR;
            Stem stem = first.size(3) == Stem.IMAGENET.kernel() ? Stem.IMAGENET : small;
            int width = Math.toIntExact(first.size(0));
            return new Architecture(
                    new ResNet.Settings(stem, width, Math.toIntExact(first.size(1)), false),
                    depths,
                    names.contains("layer1.0.conv3.weight"));
        }
    }

    private static String block(int stage, int index) {
        return "layer" + stage + "." + index + ".conv1.weight";
    }

    /** A number as an int64 tensor without axes. */
    private static Tensor count(Tensor beside, long steps) {
        ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(steps);
        return Tensor.empty(beside.device(), DType.INT64, new long[0]).putBytes(0, bytes.flip());
    }
}
