package dev.flotilla.server.metrics;

import com.codahale.metrics.MetricRegistry;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Labels inside the names of Dropwizard metrics, which has none of its own: {@code
 * request.time{api=Produce}} is one member of the family {@code request.time}.
 */
public final class Labels {

  private Labels() {}

  /**
   * The name of a family's member.
   *
   * @param labels names and values in turn; values without comma, equals sign and braces
   */
  public static String name(String family, String... labels) {
    if (labels.length == 0 || labels.length % 2 != 0) {
      throw new IllegalArgumentException("labels of " + family + " are not pairs");
    }
    var name = new StringBuilder(family).append('{');
    for (int i = 0; i < labels.length; i += 2) {
      if (i > 0) {
        name.append(',');
      }
      name.append(labels[i]).append('=').append(labels[i + 1]);
    }
    return name.append('}').toString();
  }

  /** The family a {@link MetricRegistry} name belongs to. */
  public static String family(String name) {
    int brace = name.indexOf('{');
    return brace < 0 ? name : name.substring(0, brace);
  }

  /** The labels of a {@link MetricRegistry} name, in their order. */
  static Map<String, String> of(String name) {
    var labels = new LinkedHashMap<String, String>();
    int brace = name.indexOf('{');
    if (brace >= 0 && name.endsWith("}")) {
      for (var pair : name.substring(brace + 1, name.length() - 1).split(",")) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          labels.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
      }
    }
    return labels;
  }
}
