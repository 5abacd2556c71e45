package io.gramian.models.report;

import io.gramian.GramianException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes {@code report.html}: one page without anything to load, made from the files of a run folder alone (see the
 * package documentation). Files that are missing or damaged are named in the page; the rest is shown.
 */
public final class Report {
    /** Name of the page in the run folder. */
    public static final String FILE = "report.html";

    private Report() {}

    /**
     * Writes the report of a run folder into it. Takes some seconds, most of them for the map.
     *
     * @return path of the page
     * @throws GramianException if the folder does not exist or the page cannot be written
     */
    public static Path write(Path run) {
        RunData data = RunData.read(run);
        Path path = run.resolve(FILE);
        RunArtifacts.writeText(path, html(data));
        return path;
    }

    /** The page as well-formed XML that is valid HTML. */
    static String html(RunData data) {
        ReportSections sections = new ReportSections(data);
        Markup page = head(sections.title());
        sections.write(page);
        return tail(page);
    }

    /** A page with its style, up to the beginning of its content. */
    static Markup head(String title) {
        return new Markup()
                .raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
                .raw("<meta name=\"color-scheme\" content=\"light dark\"/>")
                .element("title", "", title)
                .open("style", "")
                .raw(resource("report.css"))
                .close("style")
                .close("head")
                .open("body", "")
                .open("main", "");
    }

    /** The end of a page. */
    static String tail(Markup page) {
        return page.close("main")
                .open("script", "")
                .raw(resource("report.js"))
                .close("script")
                .raw("</body></html>\n")
                .toString();
    }

    private static String resource(String name) {
        try (InputStream in = Report.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new GramianException(name + " is missing from the jar; build it again");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new GramianException(name + " could not be read from the jar: " + failure.getMessage(), failure);
        }
    }
}
