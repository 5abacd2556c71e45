package io.gramian.pack;

import org.jspecify.annotations.Nullable;

/**
 * How one test ended.
 *
 * @param type the test class
 * @param name the test, with its parameters
 * @param seconds how long it took
 * @param status how it ended
 * @param reason what failed, or why it was left out; null for a test that passed
 */
record TestOutcome(String type, String name, double seconds, Status status, @Nullable Throwable reason) {
    enum Status {
        PASSED,
        FAILED,
        LEFT_OUT
    }

    /** The reason in one line. */
    String message() {
        if (reason == null) {
            return "";
        }
        String message = String.valueOf(reason.getMessage()).strip();
        // JUnit's assumptions begin with their own words
        String words = message.replaceFirst("^Assumption failed: ", "").replaceAll("\\s*\\R\\s*", " ");
        return words.length() > 300 ? words.substring(0, 300) + " ..." : words;
    }
}
