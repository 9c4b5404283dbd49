package dev.flotilla.server.testing;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.server.metrics.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The names in docs/metrics.md. */
public final class MetricsTable {

  private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\| ([a-z]+) \\|.*");
  private static final Pattern HEADING = Pattern.compile("## (.+)");

  /** Kinds by name. */
  private final Map<String, String> rows = new LinkedHashMap<>();

  private MetricsTable() {}

  /** All names. */
  public static MetricsTable read() throws IOException {
    return read(".*");
  }

  /** The names below headings that match. */
  public static MetricsTable read(String heading) throws IOException {
    var table = new MetricsTable();
    boolean within = false;
    for (var line : Files.readAllLines(Path.of("..", "docs", "metrics.md"))) {
      var title = HEADING.matcher(line);
      if (title.matches()) {
        within = title.group(1).matches(heading);
      }
      var row = ROW.matcher(line);
      if (within && row.matches()) {
        table.rows.put(row.group(1), row.group(2));
      }
    }
    return table;
  }

  /** Families of a registry that no row names. */
  public Set<String> undocumented(MetricRegistry registry) {
    return registry.getNames().stream()
        .map(Labels::family)
        .filter(family -> rows.keySet().stream().noneMatch(name -> family.matches(pattern(name))))
        .collect(Collectors.toSet());
  }

  /** Rows that nothing in a registry matches. */
  public Set<String> unregistered(MetricRegistry registry) {
    return rows.keySet().stream()
        .filter(name ->
            registry.getNames().stream()
                .noneMatch(known -> Labels.family(known).matches(pattern(name))))
        .collect(Collectors.toSet());
  }

  /**
   * What the rows are called in Prometheus' text: patterns of a family and its type, by row.
   *
   * @param prefix what comes first in all of their names
   */
  public Map<String, Pattern> exported(String prefix) {
    Map<String, Pattern> exported = new LinkedHashMap<>();
    rows.forEach((name, kind) -> {
      var family =
          "flotilla_" + (prefix + name).replace('.', '_').replaceAll("<[^>]+>", "[A-Za-z0-9_]+");
      var familyAndType =
          switch (kind) {
            case "counter" -> family + "_total counter";
            case "gauge" -> family + " gauge";
            case "histogram" -> family + " summary";
            case "timer" -> family + "_seconds summary";
            default -> throw new AssertionError(name + " is a " + kind);
          };
      exported.put(prefix + name, Pattern.compile(familyAndType));
    });
    return exported;
  }

  /** What stands in angle brackets is any one part of a name. */
  private static String pattern(String name) {
    return name.replace(".", "\\.").replaceAll("<[^>]+>", "[^.]+");
  }
}
