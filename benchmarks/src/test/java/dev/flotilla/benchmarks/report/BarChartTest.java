package dev.flotilla.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class BarChartTest {

  private static Document draw(String title, Figure... figures) throws Exception {
    List<Comparison> comparisons = new Figures(List.of(figures)).comparisons();
    String svg = new BarChart(List.of("lmdb", "mmap")).draw(title, comparisons);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Element> bars(Document svg) {
    NodeList all = svg.getElementsByTagName("rect");
    List<Element> bars = new ArrayList<>();
    for (int i = 0; i < all.getLength(); i++) {
      Element rect = (Element) all.item(i);
      if (!rect.getAttribute("class").equals("ground")) {
        bars.add(rect);
      }
    }
    return bars;
  }

  private static double width(Element bar) {
    return Double.parseDouble(bar.getAttribute("width"));
  }

  @Test
  void shouldDrawBarsAsLongAsTheirNumbersTheBestFirst() throws Exception {
    // when
    List<Element> bars = bars(draw("t", Samples.append("file", 800), Samples.append("mmap", 400)));

    // then
    assertThat(bars).hasSize(2);
    assertThat(bars.get(0).getAttribute("class")).isEqualTo("engine-1");
    assertThat(bars.get(1).getAttribute("class")).isEqualTo("other");
    assertThat(width(bars.get(1)) / width(bars.get(0))).isBetween(1.99, 2.01);
  }

  @Test
  void shouldPutTheHighestRateFirst() throws Exception {
    // when
    List<Element> bars =
        bars(draw("t", Samples.partitions("lmdb", 10), Samples.partitions("file", 40)));

    // then
    assertThat(bars.get(0).getAttribute("class")).isEqualTo("other");
    assertThat(width(bars.get(0))).isGreaterThan(width(bars.get(1)));
  }

  @Test
  void shouldHaveRoomForAllPanels() throws Exception {
    // when
    Document svg = draw("t", Samples.append("mmap", 1), Samples.partitions("mmap", 1));

    // then
    double height =
        Double.parseDouble(svg.getDocumentElement().getAttribute("viewBox").split(" ")[3]);
    assertThat(bars(svg))
        .hasSize(2)
        .allSatisfy(
            bar -> assertThat(Double.parseDouble(bar.getAttribute("y")) + 18).isLessThan(height));
  }

  @Test
  void shouldShowTextAsItIs() throws Exception {
    // when
    Document svg = draw("a < b & \"c\"", Samples.append("mmap", 1));

    // then
    assertThat(svg.getDocumentElement().getAttribute("aria-label")).isEqualTo("a < b & \"c\"");
    assertThat(svg.getElementsByTagName("text").item(0).getTextContent())
        .isEqualTo("a < b & \"c\"");
  }
}
