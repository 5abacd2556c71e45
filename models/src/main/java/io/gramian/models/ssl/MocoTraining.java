package io.gramian.models.ssl;

import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Add;
import io.gramian.autograd.function.KeyLoss;
import io.gramian.autograd.function.Scale;
import io.gramian.loss.KeyQueue;
import io.gramian.loss.QueueInfoNce;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@link MocoSystem} at work: queries against queues of earlier keys. Keys of a batch enter a queue when its step is over. */
final class MocoTraining extends Learner {
    private static final String LENGTH = "queue.length";

    private final QueueInfoNce loss;
    private final Directions directions;
    private final SplitBatch split;
    private final MomentumEncoder<SslNetwork> encoder;
    private final List<KeyQueue> queues = new ArrayList<>();
    /** Of the last loss, one for each direction. */
    private final List<Tensor> keys = new ArrayList<>();

    /** Which view finds which. */
    enum Directions {
        /** View 1 finds view 2. */
        ONE_WAY,
        /** Both ways, added; one queue takes the keys of both views. */
        SUM,
        /** Both ways, averaged; each view's keys have a queue. */
        TWO_QUEUES;

        static Directions of(Settings settings) {
            return valueOf(settings.text("loss.directions").replace('-', '_').toUpperCase(Locale.ROOT));
        }
    }

    MocoTraining(Setup setup) {
        super(setup.networks().get());
        Settings settings = setup.settings();
        loss = new QueueInfoNce(LossSettings.temperature(settings));
        directions = Directions.of(settings);
        split = kept(SplitBatch.of(setup, 2)); // of both views
        SslNetwork follower = kept("momentum", setup.networks().get());
        encoder = new MomentumEncoder<>(follower, network(), settings, setup.steps());
        queues.add(kept("queue", queue(setup, network().width(), 0)));
        if (directions == Directions.TWO_QUEUES) {
            queues.add(kept("queue2", queue(setup, network().width(), 1)));
        }
    }

    static Setting queueSetting(long length) {
        return Setting.integer(LENGTH, length, 1, 1 << 26, "keys of earlier batches that queries are compared with");
    }

    /** Checks that a queue takes the keys of a step. */
    static void check(Settings settings, int keysPerImage) {
        long keys = settings.integer("batch") * keysPerImage;
        if (settings.integer(LENGTH) < keys) {
            throw new ConfigException(LENGTH + " must be at least the " + keys + " keys of a batch, got "
                    + settings.integer(LENGTH) + "; for example --set " + LENGTH + "=" + 16 * keys);
        }
    }

    /** A queue of random directions; {@code number} tells the queues of a system apart. */
    static KeyQueue queue(Setup setup, int width, int number) {
        Settings settings = setup.settings();
        return KeyQueue.random(setup.device(), settings.small(LENGTH), width, SslNetwork.seed(settings, 4 + number));
    }

    /** The authors move it between queries and keys: the same, since queries do not use it. */
    @Override
    public void begin(long step) {
        encoder.update(step);
        split.begin(step);
    }

    /** Queries of view 1, and of view 2 if both find the other. */
    @Override
    protected List<Variable> outputs(List<Tensor> views) {
        Variable first = split.queries(views.get(0), network()::forward);
        return directions == Directions.ONE_WAY
                ? List.of(first)
                : List.of(first, split.queries(views.get(1), network()::forward));
    }

    /** Keys of view 2, and of view 1 if both find the other. */
    @Override
    protected List<Tensor> targets(List<Tensor> views, long draw) {
        Tensor first = key(views, 1, draw);
        return directions == Directions.ONE_WAY ? List.of(first) : List.of(first, key(views, 0, draw));
    }

    private Tensor key(List<Tensor> views, int view, long draw) {
        return split.keys(views.get(view), encoder.target()::forward, draw * views.size() + view);
    }

    /** Queries find the keys of their images among those of earlier batches. */
    @Override
    protected Variable loss(List<Variable> outputs, List<Tensor> targets, long step) {
        keys.clear();
        keys.addAll(targets);
        Variable there =
                KeyLoss.queue(loss, outputs.get(0), keys.get(0), queueOf(1).rows());
        if (directions == Directions.ONE_WAY) {
            return there;
        }
        Variable back =
                KeyLoss.queue(loss, outputs.get(1), keys.get(1), queueOf(0).rows());
        Variable sum = Add.apply(there, back);
        return directions == Directions.SUM ? sum : Scale.apply(sum, 0.5);
    }

    private KeyQueue queueOf(int view) {
        // with one queue it holds the keys of all views; with two, the second those of view 2
        return queues.get(queues.size() == 1 ? 0 : view);
    }

    /** Keys enter when no loss of this step reads the queue any more: a query never meets its own key twice. */
    @Override
    public void end(long step) {
        for (int i = 0; i < keys.size(); i++) {
            Tensor key = keys.get(i);
            KeyQueue queue = queueOf(i == 0 ? 1 : 0);
            long n = key.shape().size(0);
            long each = directions == Directions.SUM ? 2 * n : n;
            long before = step * each + (directions == Directions.SUM ? i * n : 0);
            queue.position(before % queue.rows().shape().size(0)).enqueue(key);
        }
    }
}
