package io.gramian.pack;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.gramian.pack.TestOutcome.Status;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Results as JUnit XML and as JSON. Written anew after each class, so that a run that is cut off leaves what it had.
 *
 * @param folder where the files go
 * @param name name of the files, without ending
 * @param facts where this runs, by name
 */
record TestReport(Path folder, String name, Map<String, String> facts) {
    /**
     * Writes both files.
     *
     * @param complete whether every test that was asked for has ended
     */
    void write(List<TestOutcome> outcomes, boolean complete) throws IOException {
        Files.createDirectories(folder);
        replace(name + ".xml", writer -> xml(writer, outcomes));
        Map<String, Object> summary = new LinkedHashMap<>(facts);
        summary.put("complete", complete);
        summary.put("tests", outcomes.size());
        for (Status status : Status.values()) {
            summary.put(status.name().toLowerCase(Locale.ROOT), count(outcomes, status));
        }
        summary.put("failures", reasons(outcomes, Status.FAILED));
        summary.put("leftOut", reasons(outcomes, Status.LEFT_OUT));
        replace(name + ".json", writer -> new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(writer, summary));
    }

    static long count(List<TestOutcome> outcomes, Status status) {
        return outcomes.stream().filter(each -> each.status() == status).count();
    }

    private static List<String> reasons(List<TestOutcome> outcomes, Status status) {
        return outcomes.stream()
                .filter(each -> each.status() == status)
                .map(each -> each.type() + ", " + each.name() + ": " + each.message())
                .toList();
    }

    private interface Content {
        void to(Writer writer) throws IOException;
    }

    private void replace(String file, Content content) throws IOException {
        Path fresh = folder.resolve(file + ".new");
        try (Writer writer = Files.newBufferedWriter(fresh)) {
            content.to(writer);
        }
        Files.move(fresh, folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }

    private void xml(Writer writer, List<TestOutcome> outcomes) throws IOException {
        Map<String, List<TestOutcome>> classes = outcomes.stream()
                .collect(Collectors.groupingBy(TestOutcome::type, LinkedHashMap::new, Collectors.toList()));
        try {
            XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(writer);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("testsuites");
            for (Map.Entry<String, List<TestOutcome>> suite : classes.entrySet()) {
                suite(xml, suite.getKey(), suite.getValue());
            }
            xml.writeEndElement();
            xml.writeEndDocument();
            xml.close();
        } catch (XMLStreamException failure) {
            throw new IOException(failure);
        }
    }

    private void suite(XMLStreamWriter xml, String type, List<TestOutcome> outcomes) throws XMLStreamException {
        xml.writeCharacters("\n");
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", type);
        xml.writeAttribute("tests", String.valueOf(outcomes.size()));
        xml.writeAttribute("failures", String.valueOf(count(outcomes, Status.FAILED)));
        xml.writeAttribute("errors", "0");
        xml.writeAttribute("skipped", String.valueOf(count(outcomes, Status.LEFT_OUT)));
        double seconds = outcomes.stream().mapToDouble(TestOutcome::seconds).sum();
        xml.writeAttribute("time", String.format(Locale.ROOT, "%.3f", seconds));
        xml.writeStartElement("properties");
        for (Map.Entry<String, String> fact : facts.entrySet()) {
            xml.writeEmptyElement("property");
            xml.writeAttribute("name", fact.getKey());
            xml.writeAttribute("value", clean(fact.getValue()));
        }
        xml.writeEndElement();
        for (TestOutcome outcome : outcomes) {
            testCase(xml, outcome);
        }
        xml.writeEndElement();
    }

    private static void testCase(XMLStreamWriter xml, TestOutcome outcome) throws XMLStreamException {
        xml.writeCharacters("\n");
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", outcome.type());
        xml.writeAttribute("name", clean(outcome.name()));
        xml.writeAttribute("time", String.format(Locale.ROOT, "%.3f", outcome.seconds()));
        if (outcome.status() != Status.PASSED) {
            boolean failed = outcome.status() == Status.FAILED;
            xml.writeStartElement(failed ? "failure" : "skipped");
            xml.writeAttribute("message", clean(outcome.message()));
            if (failed && outcome.reason() != null) {
                StringWriter trace = new StringWriter();
                outcome.reason().printStackTrace(new PrintWriter(trace));
                xml.writeCharacters(clean(trace.toString()));
            }
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    /** Without the characters that XML cannot hold. */
    private static String clean(String text) {
        return text.replaceAll("[^\\t\\n\\r\\x20-\\uD7FF\\uE000-\\uFFFD]", "?");
    }
}
