package io.gramian.models.cli;

import io.gramian.models.config.Setting;
import io.gramian.models.ssl.LossMethod;
import io.gramian.models.ssl.LossMethods;
import io.gramian.models.ssl.Systems;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;

@Command(name = "methods", description = "Lists the methods and the settings of their losses.")
final class MethodsCommand extends TextCommand {
    @Override
    public Integer call() {
        PrintWriter out = out();
        List<String> trained = Systems.names();
        for (LossMethod method : LossMethods.all()) {
            String where = trained.contains(method.name()) ? "" : "; loss only";
            out.printf("%s: %s%n  %s%s%n", method.name(), method.summary(), method.paper(), where);
            for (Setting setting : method.settings()) {
                out.printf("  %-20s %-10s %s%n", setting.key(), setting.initial(), setting.meaning());
            }
            out.println();
        }
        out.flush();
        return 0;
    }
}
