package io.gramian.models.cli;

import io.gramian.models.train.TrainRecipes;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

@Command(
        name = "recipes",
        description = "Lists the named recipes: settings for a method on a data set.",
        footer = {"", "Example: everything that a recipe sets", "  gramian settings --recipe simclr-cifar10"})
final class RecipesCommand extends TextCommand {
    @Override
    public Integer call() {
        PrintWriter out = out();
        for (TrainRecipes.Recipe recipe : TrainRecipes.all()) {
            out.printf(
                    "%-36s %s on %s; %s%n",
                    recipe.name(),
                    recipe.settings().get("method"),
                    recipe.settings().get("data"),
                    recipe.origin());
        }
        out.flush();
        return 0;
    }
}
