package dev.flotilla.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Figures in the order in which they were measured. */
public record Figures(List<Figure> all) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ALLOCATION = "gc.alloc.rate.norm";

  public Figures {
    all = List.copyOf(all);
  }

  /**
   * Reads what JMH wrote.
   *
   * @throws IOException if the file cannot be read or is not JMH's
   */
  public static Figures read(Path file) throws IOException {
    List<Figure> figures = new ArrayList<>();
    for (JsonNode result : JSON.readTree(file.toFile())) {
      figures.add(figure(result));
    }
    return new Figures(figures);
  }

  private static Figure figure(JsonNode result) {
    JsonNode primary = result.required("primaryMetric");
    JsonNode secondary = result.path("secondaryMetrics");
    return new Figure(
        method(result.required("benchmark").asText()),
        texts(result.path("params")),
        primary.required("score").asDouble(),
        primary.required("scoreUnit").asText(),
        hasTimesOfOperations(result) ? numbers(primary.path("scorePercentiles")) : Map.of(),
        secondary.path(ALLOCATION).path("score").asDouble(Double.NaN),
        counters(secondary));
  }

  /** In other modes JMH gives percentiles of the means of iterations. */
  private static boolean hasTimesOfOperations(JsonNode result) {
    String mode = result.required("mode").asText();
    return mode.equals("sample") || mode.equals("ss");
  }

  /** Class and method without the package. */
  private static String method(String qualified) {
    int dot = qualified.lastIndexOf('.', qualified.lastIndexOf('.') - 1);
    return qualified.substring(dot + 1);
  }

  private static Map<String, String> texts(JsonNode node) {
    Map<String, String> texts = new LinkedHashMap<>();
    node.properties().forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
    return texts;
  }

  private static Map<String, Double> numbers(JsonNode node) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    node.properties().forEach(field -> numbers.put(field.getKey(), field.getValue().asDouble()));
    return numbers;
  }

  private static Map<String, Double> counters(JsonNode secondary) {
    Map<String, Double> counters = new LinkedHashMap<>();
    secondary
        .properties()
        .forEach(
            metric -> counters.put(metric.getKey(), metric.getValue().path("score").asDouble()));
    return counters;
  }

  /**
   * The figure of a subject.
   *
   * @param benchmark class and method
   * @param subject empty where the benchmark has none
   * @param values some of the parameters, as {@code name=value}
   */
  public Optional<Figure> find(String benchmark, String subject, String... values) {
    return all.stream()
        .filter(figure -> figure.benchmark().equals(benchmark))
        .filter(figure -> figure.subject().equals(subject))
        .filter(figure -> has(figure, values))
        .findFirst();
  }

  private static boolean has(Figure figure, String... values) {
    for (String value : values) {
      int equals = value.indexOf('=');
      String expected = value.substring(equals + 1);
      if (!expected.equals(figure.parameters().get(value.substring(0, equals)))) {
        return false;
      }
    }
    return true;
  }

  /** Figures of the same benchmark and parameters, whoever was measured. */
  public List<Comparison> comparisons() {
    Map<String, List<Figure>> groups = new LinkedHashMap<>();
    for (Figure figure : all) {
      Map<String, String> others = new LinkedHashMap<>(figure.parameters());
      others.remove(Figure.SUBJECT);
      groups.computeIfAbsent(figure.benchmark() + others, absent -> new ArrayList<>()).add(figure);
    }
    return groups.values().stream().map(Comparison::new).toList();
  }
}
