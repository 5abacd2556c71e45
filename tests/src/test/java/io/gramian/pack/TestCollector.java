package io.gramian.pack;

import io.gramian.pack.TestOutcome.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Collects how tests end. A class or factory that fails as a whole counts as a failed test. */
final class TestCollector implements TestExecutionListener {
    private final List<TestOutcome> outcomes = new ArrayList<>();
    private final Map<String, Long> started = new HashMap<>();
    private @Nullable TestPlan plan;
    private volatile String running = "nothing";

    @Override
    public void testPlanExecutionStarted(TestPlan started) {
        plan = started;
    }

    @Override
    public synchronized void executionStarted(TestIdentifier test) {
        started.put(test.getUniqueId(), System.nanoTime());
        if (test.isTest()) {
            running = type(test) + ", " + name(test);
        }
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        outcomes.add(new TestOutcome(type(test), name(test), 0, Status.LEFT_OUT, new IllegalStateException(reason)));
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        if (!test.isTest() && passed) {
            return;
        }
        Status status = passed
                ? Status.PASSED
                : result.getStatus() == TestExecutionResult.Status.ABORTED ? Status.LEFT_OUT : Status.FAILED;
        double seconds = (System.nanoTime() - started.getOrDefault(test.getUniqueId(), System.nanoTime())) / 1e9;
        Throwable reason = result.getThrowable().orElse(null);
        outcomes.add(new TestOutcome(type(test), name(test), seconds, status, reason));
    }

    /** What has ended so far. */
    synchronized List<TestOutcome> outcomes() {
        return List.copyOf(outcomes);
    }

    /** The test that runs now, or ran last. */
    String running() {
        return running;
    }

    private String type(TestIdentifier test) {
        for (TestIdentifier each : upwards(test)) {
            if (each.getSource().orElse(null) instanceof ClassSource source) {
                return source.getClassName();
            }
        }
        return test.getDisplayName();
    }

    /** Display names from below the class to the test. */
    private String name(TestIdentifier test) {
        Deque<String> names = new ArrayDeque<>();
        for (TestIdentifier each : upwards(test)) {
            if (each.getSource().orElse(null) instanceof ClassSource) {
                break;
            }
            names.addFirst(each.getDisplayName());
        }
        return names.isEmpty() ? test.getDisplayName() : String.join(" ", names);
    }

    private List<TestIdentifier> upwards(TestIdentifier test) {
        List<TestIdentifier> chain = new ArrayList<>();
        TestPlan known = plan;
        TestIdentifier at = test;
        while (at != null) {
            chain.add(at);
            at = known == null ? null : known.getParent(at).orElse(null);
        }
        return chain;
    }
}
