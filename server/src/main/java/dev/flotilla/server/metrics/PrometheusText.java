package dev.flotilla.server.metrics;

import com.codahale.metrics.Counting;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Snapshot;
import com.codahale.metrics.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A registry in Prometheus' text format, version 0.0.4.
 *
 * <pre>
 *   counter, meter   flotilla_network_sent_bytes_total 17
 *   gauge            flotilla_connections_open 3
 *   histogram        flotilla_raft_entry_records{quantile="0.5"} 30.0   and _count
 *   timer            flotilla_request_time_seconds{api="Produce",quantile="0.5"} 0.002   and _count
 * </pre>
 *
 * <p>A gauge that is no number, or that fails, is left out: one broken gauge does not take the
 * others away. Quantiles are those of Dropwizard's recent samples.
 */
final class PrometheusText {

  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final String PREFIX = "flotilla_";
  private static final double[] QUANTILES = {0.5, 0.95, 0.99, 0.999};
  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private final StringBuilder text = new StringBuilder(16 * 1024);

  private PrometheusText() {}

  static String of(MetricRegistry registry) {
    var families = new TreeMap<String, Map<String, Metric>>();
    registry
        .getMetrics()
        .forEach((name, metric) ->
            families
                .computeIfAbsent(Labels.family(name), family -> new TreeMap<>())
                .put(name, metric));
    var writer = new PrometheusText();
    families.forEach(writer::family);
    return writer.text.toString();
  }

  private void family(String family, Map<String, Metric> members) {
    var name = PREFIX + family.replaceAll("[^a-zA-Z0-9_]", "_");
    var typed = new ArrayList<String>();
    members.forEach((member, metric) -> {
      var labels = Labels.of(member);
      switch (metric) {
        case Timer timer -> summary(typed, name + "_seconds", labels, timer.getSnapshot(), timer);
        case Histogram histogram ->
            summary(typed, name, labels, histogram.getSnapshot(), histogram);
        case Counting counting -> {
          type(typed, name + "_total", "counter");
          sample(name + "_total", labels, counting.getCount());
        }
        case Gauge<?> gauge -> gauge(typed, name, labels, gauge);
        default -> {}
      }
    });
  }

  private void summary(
      List<String> typed,
      String name,
      Map<String, String> labels,
      Snapshot snapshot,
      Counting counting) {
    type(typed, name, "summary");
    double unit = counting instanceof Timer ? NANOS_PER_SECOND : 1;
    for (double quantile : QUANTILES) {
      var quantiled = new TreeMap<>(labels);
      quantiled.put("quantile", Double.toString(quantile));
      sample(name, quantiled, snapshot.getValue(quantile) / unit);
    }
    sample(name + "_count", labels, counting.getCount());
  }

  private void gauge(List<String> typed, String name, Map<String, String> labels, Gauge<?> gauge) {
    var value = number(gauge);
    if (value != null) {
      type(typed, name, "gauge");
      sample(name, labels, value);
    }
  }

  private static @Nullable Number number(Gauge<?> gauge) {
    try {
      return switch (gauge.getValue()) {
        case Number number -> number;
        case Boolean flag -> flag ? 1 : 0;
        case null, default -> null;
      };
    } catch (RuntimeException e) {
      return null;
    }
  }

  private void type(List<String> typed, String name, String type) {
    if (!typed.contains(name)) {
      typed.add(name);
      text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }
  }

  private void sample(String name, Map<String, String> labels, Number value) {
    text.append(name);
    if (!labels.isEmpty()) {
      text.append('{');
      var separator = "";
      for (var label : labels.entrySet()) {
        text.append(separator).append(label.getKey());
        text.append("=\"").append(escaped(label.getValue())).append('"');
        separator = ",";
      }
      text.append('}');
    }
    text.append(' ').append(format(value)).append('\n');
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static String format(Number value) {
    double number = value.doubleValue();
    if (Double.isNaN(number)) {
      return "NaN";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "+Inf" : "-Inf";
    }
    return String.format(Locale.ROOT, "%s", value);
  }
}
