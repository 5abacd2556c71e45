package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What repositories ask of a POM: each says what it is, and the BOM, which has no parent, says the rest as the others' does. */
class PomsTest {
    private static final Path ROOT = Path.of(System.getProperty("gramian.root", ".."));

    @Test
    void everyPomSaysWhatItIs() throws Exception {
        List<Element> modules = children(only(pom(""), "modules"), "module");
        assertThat(modules).hasSizeGreaterThan(10);
        for (Element module : modules) {
            String folder = module.getTextContent();
            if (List.of("tests", "benchmarks").contains(folder)) {
                continue; // not published
            }
            for (String tag : List.of("name", "description")) {
                assertThat(only(pom(folder), tag).getTextContent())
                        .as(tag + " in " + folder + "/pom.xml")
                        .isNotBlank();
            }
        }
    }

    @Test
    void theBomSaysTheRestAsTheParentDoes() throws Exception {
        Element parent = pom("");
        Element bom = pom("java-api/bom");
        for (String tag : List.of("url", "licenses", "developers", "scm")) {
            assertThat(text(only(bom, tag))).as(tag).isNotBlank().isEqualTo(text(only(parent, tag)));
        }
        for (String property : List.of("gramian.url", "gramian.developer")) {
            assertThat(text(only(only(bom, "properties"), property)))
                    .as(property)
                    .isEqualTo(text(only(only(parent, "properties"), property)));
        }
    }

    private static Element pom(String folder) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(ROOT.resolve(folder).resolve("pom.xml").toFile())
                .getDocumentElement();
    }

    private static Element only(Element parent, String tag) {
        List<Element> found = children(parent, tag);
        assertThat(found).as("<" + tag + "> in <" + parent.getTagName() + ">").hasSize(1);
        return found.get(0);
    }

    private static List<Element> children(Element parent, String tag) {
        NodeList nodes = parent.getChildNodes();
        return IntStream.range(0, nodes.getLength())
                .mapToObj(nodes::item)
                .filter(Element.class::isInstance)
                .map(Element.class::cast)
                .filter(element -> element.getTagName().equals(tag))
                .toList();
    }

    private static String text(Element element) {
        return element.getTextContent().replaceAll("\\s+", " ").strip();
    }
}
