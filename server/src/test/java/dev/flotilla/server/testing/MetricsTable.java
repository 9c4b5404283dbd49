package dev.flotilla.server.testing;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.server.metrics.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The names in docs/metrics.md. */
public final class MetricsTable {

  private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\|.*");
  private static final Pattern HEADING = Pattern.compile("## (.+)");

  private final Set<String> names = new LinkedHashSet<>();

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
        table.names.add(row.group(1));
      }
    }
    return table;
  }

  /** Families of a registry that no row names. */
  public Set<String> undocumented(MetricRegistry registry) {
    return registry.getNames().stream()
        .map(Labels::family)
        .filter(family -> names.stream().noneMatch(name -> family.matches(pattern(name))))
        .collect(Collectors.toSet());
  }

  /** Rows that nothing in a registry matches. */
  public Set<String> unregistered(MetricRegistry registry) {
    return names.stream()
        .filter(name ->
            registry.getNames().stream()
                .noneMatch(known -> Labels.family(known).matches(pattern(name))))
        .collect(Collectors.toSet());
  }

  /** What stands in angle brackets is any one part of a name. */
  private static String pattern(String name) {
    return name.replace(".", "\\.").replaceAll("<[^>]+>", "[^.]+");
  }
}
