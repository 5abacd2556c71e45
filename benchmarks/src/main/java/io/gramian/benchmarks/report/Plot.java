package io.gramian.benchmarks.report;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler;

/** Bars: how many times faster than each peer, on a logarithmic axis. */
final class Plot {
    private Plot() {}

    static void write(Map<String, Map<String, Measurement>> sizes, String title, Path file) throws IOException {
        List<String> labels = new ArrayList<>();
        List<Double> best = new ArrayList<>();
        List<Double> authors = new ArrayList<>();
        sizes.forEach((size, sides) -> {
            Measurement ours = sides.get("gramian");
            List<Double> peers = sides.values().stream()
                    .filter(Measurement::isPeer)
                    .map(Measurement::medianMillis)
                    .toList();
            if (ours != null && !peers.isEmpty()) {
                labels.add(size);
                authors.add(peers.get(0) / ours.medianMillis());
                best.add(Collections.min(peers) / ours.medianMillis());
            }
        });
        if (labels.isEmpty()) {
            return;
        }
        CategoryChart chart = new CategoryChartBuilder()
                .width(1400)
                .height(700)
                .title(title)
                .yAxisTitle("times faster")
                .build();
        // a logarithmic axis has no zero to start its bars from; one label a bar
        chart.getStyler()
                .setYAxisLogarithmic(true)
                .setYAxisMin(0.1)
                .setXAxisLabelRotation(60)
                .setXAxisMaxLabelCount(Math.max(2, labels.size())) // of one it will not hear
                .setPlotBackgroundColor(Color.WHITE)
                .setChartBackgroundColor(Color.WHITE)
                .setLegendPosition(Styler.LegendPosition.InsideNW);
        if (best.equals(authors)) {
            chart.addSeries("than the only peer", labels, best);
        } else {
            chart.addSeries("than the plain formula", labels, authors);
            chart.addSeries("than the best of PyTorch", labels, best);
        }
        ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", file.toFile());
    }
}
