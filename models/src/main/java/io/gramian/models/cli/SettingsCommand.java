package io.gramian.models.cli;

import io.gramian.models.config.Setting;
import io.gramian.models.train.TrainConfig;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "settings",
        description = "Lists every setting with its value, what is allowed, and its meaning.",
        footer = {
            "",
            "Examples:",
            "  gramian settings --method vicreg",
            "  gramian settings --recipe wmse-cifar10 --yaml > mine.yaml"
        })
final class SettingsCommand extends TextCommand {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(names = "--yaml", description = "Print a file for --config instead.")
    private boolean yaml;

    @Override
    public Integer call() {
        TrainConfig config = options.resolve();
        PrintWriter out = out();
        if (yaml) {
            out.print(config.toYaml());
        } else {
            Map<String, Object> values = config.settings().values();
            for (Setting setting : config.settings().schema()) {
                out.printf(
                        "%-28s %-14s %s (%s)%n",
                        setting.key(), values.get(setting.key()), setting.meaning(), setting.allowed());
            }
        }
        out.flush();
        return 0;
    }
}
