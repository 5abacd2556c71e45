package io.gramian.models.cli;

import io.gramian.models.config.Setting;
import io.gramian.models.config.Settings;
import io.gramian.models.ssl.LossMethod;
import io.gramian.models.ssl.LossMethods;
import io.gramian.models.ssl.Published;
import io.gramian.models.ssl.SslSystem;
import io.gramian.models.ssl.Systems;
import io.gramian.models.train.ConfigResolver;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;

@Command(
        name = "methods",
        description = "Lists the methods: papers, settings, and where papers and code differ.",
        footer = {"", "Everything that a method sets: gramian settings --method NAME --data cifar10"})
final class MethodsCommand extends TextCommand {
    @Override
    public Integer call() {
        for (SslSystem system : Systems.all()) {
            head(system.name(), system.summary(), system.paper());
            Settings cifar = new ConfigResolver()
                    .recipe(system.name() + "-cifar10")
                    .resolve()
                    .settings();
            out().printf("  %s-cifar10: %s; %s%n", system.name(), system.origin(), optimiser(cifar));
            for (Published published : system.published()) {
                String recipe = system.name() + "-" + published.set();
                Settings theirs = new ConfigResolver().recipe(recipe).resolve().settings();
                out().printf("  %s: %s; %s%n", recipe, published.source(), optimiser(theirs));
            }
            for (Setting setting : system.settings()) {
                line(setting, cifar.values().getOrDefault(setting.key(), setting.initial()));
            }
            system.differences().forEach(difference -> out().printf("  * %s%n", difference));
            out().println();
        }
        List<String> trained = Systems.names();
        for (LossMethod method : LossMethods.all()) {
            if (!trained.contains(method.name())) {
                head(method.name(), method.summary(), method.paper() + "; loss only");
                method.settings().forEach(setting -> line(setting, setting.initial()));
                out().println();
            }
        }
        out().flush();
        return 0;
    }

    private void head(String name, String summary, String paper) {
        out().printf("%s: %s%n  %s%n", name, summary, paper);
    }

    private static String optimiser(Settings settings) {
        return settings.text("optimizer.name") + " " + settings.number("optimizer.learning_rate")
                + (settings.flag("optimizer.scale_with_batch") ? " for 256 images" : "") + ", decay "
                + settings.number("optimizer.weight_decay") + ", batch " + settings.integer("batch") + ", "
                + settings.integer("epochs") + " epochs, views " + settings.text("augmentation.recipe");
    }

    private void line(Setting setting, Object value) {
        PrintWriter out = out();
        out.printf("  %-24s %-12s %s%n", setting.key(), value, setting.meaning());
    }
}
