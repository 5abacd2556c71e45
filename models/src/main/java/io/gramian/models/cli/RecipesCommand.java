package io.gramian.models.cli;

import io.gramian.models.train.TrainRecipes;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "recipes",
        description = "Lists the named recipes: settings for a method on a data set.",
        footer = {"", "Example: everything that a recipe sets", "  gramian settings --recipe simclr-cifar10"})
final class RecipesCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli injects it before anything runs
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (TrainRecipes.Recipe recipe : TrainRecipes.all()) {
            out.printf(
                    "%-28s %s on %s; %s%n",
                    recipe.name(),
                    recipe.settings().get("method"),
                    recipe.settings().get("data"),
                    recipe.origin());
        }
        out.flush();
        return 0;
    }
}
