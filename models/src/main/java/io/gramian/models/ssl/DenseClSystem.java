package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.AveragePool;
import io.gramian.autograd.function.KeyLoss;
import io.gramian.autograd.function.Reshape;
import io.gramian.loss.DenseCl;
import io.gramian.loss.KeyQueue;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import io.gramian.models.head.MlpHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * DenseCL: MoCo v2 on whole images, and the same between the cells of feature maps that correspond. Source: Wang et al. 2021,
 * arXiv 2011.09157, equations 2 to 4; {@code WXinlong/DenseCL: openselfsup/models/densecl.py}: cells are matched on the maps
 * before the dense head, and the dense queue takes the mean of an image's dense keys.
 */
public final class DenseClSystem implements SslSystem {
    @Override
    public String name() {
        return "densecl";
    }

    @Override
    public String paper() {
        return "Wang et al. 2021, arXiv 2011.09157";
    }

    @Override
    public String summary() {
        return "MoCo v2 on images and on the cells of feature maps that correspond, with a queue for each";
    }

    @Override
    public List<String> differences() {
        return List.of(
                "lightly's queue takes all matched dense keys, the authors' the mean of an image's, as here",
                "T is 0.2 in the authors' code, 0.5 by default in lightly (loss.temperature)",
                "the learning rate is 0.03 on ImageNet and 0.3 on COCO (optimizer.learning_rate)");
    }

    @Override
    public List<Setting> settings() {
        List<Setting> all = new ArrayList<>();
        all.add(LossSettings.temperature(0.2));
        all.add(Setting.number("loss.lambda", 0.5, 0, 1, "share of the dense term"));
        all.add(MocoTraining.queueSetting(65536));
        all.addAll(MomentumEncoder.settings(0.999, 0.999));
        all.add(SplitBatch.setting(1));
        all.add(Setting.integers(
                "dense.hidden", List.of(2048L), 1, 1 << 20, "widths of the dense head's hidden layers"));
        all.add(Setting.integer("dense.out", 128, 1, 1 << 20, "dimension of a cell's embedding"));
        all.add(Setting.flag("dense.norm", false, "batch norm in the dense head's hidden layers"));
        all.add(Setting.choice(
                "dense.norm_last", "none", List.of("none", "plain", "affine"), "batch norm after the dense head"));
        all.add(Setting.flag("dense.bias_last", true, "whether the dense head's last layer has offsets"));
        return all;
    }

    @Override
    public void check(Settings settings) {
        MocoTraining.check(settings, 1);
        SplitBatch.check(settings);
    }

    @Override
    public Map<String, Object> recipe() {
        return new MocoSystem(MocoSystem.Version.V2).recipe();
    }

    @Override
    public String origin() {
        return "MoCo v2's, from the authors' CIFAR-10 notebook; ours";
    }

    @Override
    public List<Published> published() {
        return List.of(Published.imagenet(
                "WXinlong/DenseCL: configs/selfsup/densecl/densecl_imagenet_200ep.py", MocoSystem.imagenet()));
    }

    @Override
    public Learner learner(Setup setup) {
        return new Training(setup);
    }

    private static final class Training extends Learner {
        private final DenseCl loss;
        private final SplitBatch split;
        private final MlpHead dense;
        private final MomentumEncoder<SslNetwork> encoder;
        private final MomentumEncoder<MlpHead> denseEncoder;
        private final KeyQueue queue;
        private final KeyQueue denseQueue;
        /** Global and mean dense keys of the last loss. */
        private List<Tensor> keys = List.of();

        Training(Setup setup) {
            super(setup.networks().get());
            Settings settings = setup.settings();
            loss = new DenseCl(LossSettings.temperature(settings), (float) settings.number("loss.lambda"));
            split = kept(SplitBatch.of(setup, 1));
            dense = trained("dense", head(setup));
            SslNetwork follower = kept("momentum", setup.networks().get());
            encoder = new MomentumEncoder<>(follower, network(), settings, setup.steps());
            denseEncoder = new MomentumEncoder<>(kept("momentum_dense", head(setup)), dense, settings, setup.steps());
            queue = kept("queue", MocoTraining.queue(setup, network().width(), 0));
            denseQueue = kept("dense_queue", MocoTraining.queue(setup, dense.features(), 1));
        }

        private MlpHead head(Setup setup) {
            Settings settings = setup.settings();
            return SslNetwork.head(
                    setup.device(),
                    settings,
                    "dense",
                    network().backbone().features(),
                    settings.small("dense.out"),
                    SslNetwork.seed(settings, 3));
        }

        @Override
        public void begin(long step) {
            encoder.update(step);
            denseEncoder.update(step);
            split.begin(step);
        }

        /** Global queries (n, d), dense queries (n h w, e), and the cells (n h w, c) before the dense head. */
        @Override
        protected List<Variable> outputs(List<Tensor> views) {
            Variable maps = split.queries(views.get(0), network().backbone()::maps);
            Variable query = network().project(AveragePool.global(maps));
            Variable cells = cells(maps);
            return List.of(query, dense.forward(cells), cells);
        }

        /** The same of the momentum encoder, for the other view. */
        @Override
        protected List<Tensor> targets(List<Tensor> views, long draw) {
            SslNetwork target = encoder.target();
            Variable maps = Variable.constant(split.keys(views.get(1), target.backbone()::maps, draw));
            Variable cells = cells(maps);
            return List.of(
                    target.project(AveragePool.global(maps)).value(),
                    denseEncoder.target().forward(cells).value(),
                    cells.value());
        }

        @Override
        protected Variable loss(List<Variable> outputs, List<Tensor> targets, long step) {
            Tensor globalKey = targets.get(0);
            Tensor denseKey = targets.get(1);
            keys = List.of(globalKey, DenseCl.means(denseKey, globalKey.shape().size(0)));
            Variable query = outputs.get(0);
            Variable denseQuery = outputs.get(1);
            return KeyLoss.denseCl(
                    loss,
                    query,
                    denseQuery,
                    new DenseCl.Maps(
                            query.value(),
                            globalKey,
                            denseQuery.value(),
                            denseKey,
                            outputs.get(2).value(),
                            targets.get(2),
                            queue.rows(),
                            denseQueue.rows()));
        }

        /** Maps (n, h, w, c) to cells (n h w, c). */
        private static Variable cells(Variable maps) {
            long[] sizes = maps.value().shape().toArray();
            return Reshape.apply(maps, sizes[0] * sizes[1] * sizes[2], sizes[3]);
        }

        @Override
        public void end(long step) {
            long n = keys.get(0).shape().size(0);
            long position = step * n % queue.rows().shape().size(0);
            queue.position(position).enqueue(keys.get(0));
            denseQueue.position(position).enqueue(keys.get(1));
        }
    }
}
