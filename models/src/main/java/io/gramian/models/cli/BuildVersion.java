package io.gramian.models.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Version and commit, written into the jar when it was built. */
final class BuildVersion implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {line()};
    }

    /** As in {@code gramian 0.1.0 (commit 5781c40b1d2e)}. */
    static String line() {
        Properties build = new Properties();
        try (InputStream in = BuildVersion.class.getResourceAsStream("build.properties")) {
            if (in != null) {
                build.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "gramian " + build.getProperty("version", "unknown") + " (commit " + commit(build) + ")";
    }

    /** The launcher knows the commit of its checkout; a jar knows the one that it was built from. */
    private static String commit(Properties build) {
        String launched = System.getProperty("gramian.commit", "unknown");
        String built = build.getProperty("commit", "unknown");
        return !launched.equals("unknown") ? launched : built.startsWith("$") ? "unknown" : built;
    }
}
