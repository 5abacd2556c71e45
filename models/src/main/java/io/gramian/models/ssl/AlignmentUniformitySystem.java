package io.gramian.models.ssl;

import io.gramian.loss.AlignmentUniformity;
import io.gramian.loss.MultiViewLoss;
import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import java.util.List;
import java.util.Map;

/**
 * Alignment and uniformity: views of an image close together on the sphere, images spread evenly. Source: Wang and Isola 2020,
 * arXiv 2005.10242, section 4.1; the rest as in SimCLR.
 */
public final class AlignmentUniformitySystem implements JointEmbedding {
    @Override
    public String name() {
        return "alignment-uniformity";
    }

    @Override
    public String paper() {
        return "Wang and Isola 2020, arXiv 2005.10242";
    }

    @Override
    public String summary() {
        return "distance of views plus the logarithm of a Gaussian potential of all pairs, on the sphere";
    }

    @Override
    public List<String> differences() {
        return List.of("the authors' code trains a small AlexNet on STL-10 with SGD; here it is SimCLR's recipe");
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                Setting.number("loss.weight", 1, 0, 1e6, "weight of the uniformity"),
                Setting.number("loss.t", 2, 1e-6, 21, "width of the Gaussian potential"),
                Setting.number("loss.alpha", 2, 1e-3, 1e3, "power of the distance of the views"));
    }

    @Override
    public MultiViewLoss loss(Settings settings) {
        return new AlignmentUniformity(
                (float) settings.number("loss.weight"), (float) settings.number("loss.t"), (float)
                        settings.number("loss.alpha"));
    }

    @Override
    public Map<String, Object> recipe() {
        return new SimClrSystem().recipe();
    }

    @Override
    public String origin() {
        return "SimCLR's settings; ours";
    }
}
