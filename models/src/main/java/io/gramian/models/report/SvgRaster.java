package io.gramian.models.report;

import io.gramian.GramianException;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * Draws the SVG that {@link Figure} writes, and no other: nested {@code svg} elements, lines, rectangles, circles, texts, and paths
 * of M, L and h.
 */
final class SvgRaster {
    private static final Set<String> DRAWN = Set.of("line", "rect", "circle", "path", "text");

    private final Graphics2D canvas;

    private SvgRaster(Graphics2D canvas) {
        this.canvas = canvas;
    }

    /** PNG with so many pixels for a unit of the drawing. */
    static byte[] png(String svg, double scale) {
        Element root = parse(svg);
        int width = (int) Math.ceil(number(root, "width") * scale);
        int height = (int) Math.ceil(number(root, "height") * scale);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = image.createGraphics();
        try {
            canvas.setColor(Color.WHITE);
            canvas.fillRect(0, 0, width, height);
            canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            canvas.scale(scale, scale);
            new SvgRaster(canvas).children(root);
        } finally {
            canvas.dispose();
        }
        int[] colours = image.getRGB(0, 0, width, height, null, 0, width);
        byte[] pixels = new byte[colours.length * 3];
        for (int i = 0; i < colours.length; i++) {
            pixels[3 * i] = (byte) (colours[i] >> 16);
            pixels[3 * i + 1] = (byte) (colours[i] >> 8);
            pixels[3 * i + 2] = (byte) colours[i];
        }
        return Png.encode(pixels, height, width, 3);
    }

    private static Element parse(String svg) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newDocumentBuilder()
                    .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)))
                    .getDocumentElement();
        } catch (ParserConfigurationException | SAXException | IOException failure) {
            throw new GramianException("a figure is not well-formed: " + failure.getMessage(), failure);
        }
    }

    private void children(Element parent) {
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (!(node instanceof Element element)) {
                continue;
            }
            if (element.getTagName().equals("svg")) {
                double x = number(element, "x");
                double y = number(element, "y");
                canvas.translate(x, y);
                children(element);
                canvas.translate(-x, -y);
            } else if (DRAWN.contains(element.getTagName())) {
                draw(element);
            }
        }
    }

    private void draw(Element element) {
        switch (element.getTagName()) {
            case "line" ->
                stroke(
                        element,
                        new Line2D.Double(
                                number(element, "x1"),
                                number(element, "y1"),
                                number(element, "x2"),
                                number(element, "y2")));
            case "path" -> stroke(element, path(element.getAttribute("d")));
            case "circle" -> {
                double r = number(element, "r");
                fill(element, new Ellipse2D.Double(number(element, "cx") - r, number(element, "cy") - r, 2 * r, 2 * r));
            }
            case "rect" -> {
                if (!element.getAttribute("width").endsWith("%")) { // the white ground is there already
                    fill(
                            element,
                            new Rectangle2D.Double(
                                    number(element, "x"),
                                    number(element, "y"),
                                    number(element, "width"),
                                    number(element, "height")));
                }
            }
            default -> text(element);
        }
    }

    private void fill(Element element, java.awt.Shape shape) {
        canvas.setColor(Color.decode(element.getAttribute("fill")));
        canvas.fill(shape);
    }

    private void stroke(Element element, java.awt.Shape shape) {
        Set<String> classes = Set.of(element.getAttribute("class").split(" "));
        String colour = classes.contains("grid")
                ? Theme.colour("grid")
                : classes.contains("axis") || classes.contains("tick")
                        ? Theme.colour("soft")
                        : element.getAttribute("stroke");
        float width =
                classes.contains("line") ? 2.4f : classes.contains("key") ? 2.6f : classes.contains("faint") ? 1.2f : 1;
        Color plain = Color.decode(colour);
        canvas.setColor(
                classes.contains("faint") ? new Color(plain.getRed(), plain.getGreen(), plain.getBlue(), 153) : plain);
        boolean path = element.getTagName().equals("path");
        int cap = path ? BasicStroke.CAP_ROUND : BasicStroke.CAP_BUTT;
        canvas.setStroke(
                classes.contains("dashed")
                        ? new BasicStroke(width, cap, BasicStroke.JOIN_ROUND, 1, new float[] {6, 5}, 0)
                        : new BasicStroke(width, cap, BasicStroke.JOIN_ROUND));
        canvas.draw(shape);
    }

    private static Path2D path(String data) {
        Path2D path = new Path2D.Double();
        for (String part : data.split("(?=[MLh])")) {
            String[] numbers = part.substring(1).split(" ");
            double first = Double.parseDouble(numbers[0]);
            switch (part.charAt(0)) {
                case 'M' -> path.moveTo(first, Double.parseDouble(numbers[1]));
                case 'L' -> path.lineTo(first, Double.parseDouble(numbers[1]));
                default ->
                    path.lineTo(
                            path.getCurrentPoint().getX() + first,
                            path.getCurrentPoint().getY());
            }
        }
        return path;
    }

    private void text(Element element) {
        Set<String> classes = Set.of(element.getAttribute("class").split(" "));
        boolean panel = classes.contains("panel");
        canvas.setFont(new Font("DejaVu Sans", panel ? Font.BOLD : Font.PLAIN, 1)
                .deriveFont(
                        panel ? 15f : element.hasAttribute("font-size") ? (float) number(element, "font-size") : 13f));
        String colour = element.getAttribute("fill");
        canvas.setColor(Color.decode(
                !colour.isEmpty() ? colour : Theme.colour(panel || classes.contains("label") ? "ink" : "soft")));
        String content = element.getTextContent();
        double width = canvas.getFontMetrics().getStringBounds(content, canvas).getWidth();
        double shift =
                switch (element.getAttribute("text-anchor")) {
                    case "middle" -> width / 2;
                    case "end" -> width;
                    default -> 0;
                };
        canvas.drawString(content, (float) (number(element, "x") - shift), (float) number(element, "y"));
    }

    private static double number(Element element, String attribute) {
        String value = element.getAttribute(attribute);
        return value.isEmpty() ? 0 : Double.parseDouble(value);
    }
}
