package dev.flotilla.server.metadata;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;

/**
 * What this node's configuration says, as topics and DescribeConfigs need it.
 *
 * @param definition every setting of a node that is served
 * @param configured what the operator set, by name
 * @param storageEngines the names that {@code storage.engine} may have on this node
 */
public record NodeSettings(
    ConfigDef definition, Map<String, String> configured, Set<String> storageEngines) {

  public NodeSettings {
    configured = Map.copyOf(configured);
    storageEngines = Set.copyOf(storageEngines);
  }

  /** A setting's value, set or by default. */
  int intValue(String name) {
    var key = definition.configKeys().get(name);
    if (key == null) {
      throw new IllegalArgumentException("there is no setting " + name);
    }
    var value = configured.containsKey(name) ? configured.get(name) : key.defaultValue;
    return (Integer) ConfigDef.parseType(name, value, ConfigDef.Type.INT);
  }
}
