package io.gramian.models.ssl;

import io.gramian.autograd.nn.Module;
import io.gramian.autograd.optim.CosineRise;
import io.gramian.autograd.optim.MovingAverage;
import io.gramian.autograd.optim.Schedule;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;

/**
 * A network that follows the trained one and gets no gradient; it starts as its copy. Batch norms gather running statistics of
 * their own, as MoCo's and BYOL's do.
 */
final class MomentumEncoder<M extends Module> {
    private final M target;
    private final MovingAverage average;
    private final Schedule momentum;

    /** Lets a target follow a module with the momentum of the settings, over so many steps. */
    MomentumEncoder(M target, M online, Settings settings, long steps) {
        this.target = target;
        average = new MovingAverage(target, online, MovingAverage.Buffers.OWN);
        average.start();
        momentum =
                new CosineRise(settings.number("momentum.start"), settings.number("momentum.end"), Math.max(1, steps));
    }

    /** The settings that it reads. */
    static List<Setting> settings(double start, double end) {
        return List.of(
                Setting.number("momentum.start", start, 0, 1, "momentum of the averaged network at the first step"),
                Setting.number("momentum.end", end, 0, 1, "at the last; half a cosine between the two"));
    }

    /** The network that follows. */
    M target() {
        return target;
    }

    /** One step towards the trained network. */
    void update(long step) {
        average.update(momentum.at(step));
    }
}
