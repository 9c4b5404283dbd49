package dev.flotilla.server.metadata;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;

/**
 * What this node's configuration says, as topics and DescribeConfigs need it.
 *
 * @param definition every setting of a node that is served
 * @param configured what the operator set, by name
 * @param storageEngines the names that {@code storage.engine} may have, of this node and of topics
 */
public record NodeSettings(
    ConfigDef definition, Map<String, String> configured, Set<String> storageEngines) {

  public NodeSettings {
    configured = Map.copyOf(configured);
    storageEngines = Set.copyOf(storageEngines);
  }

  /**
   * A setting's value as the operator set it, else its default, as {@code definition} parses it.
   *
   * @param unserved what holds where the setting is not in the definition
   */
  private Object value(String name, ConfigDef.Type type, Object unserved) {
    var key = definition.configKeys().get(name);
    Object value = configured.get(name);
    if (value == null) {
      value = key == null ? unserved : key.defaultValue;
    }
    return ConfigDef.parseType(name, value, type);
  }

  public int intValue(String name, int unserved) {
    return (Integer) value(name, ConfigDef.Type.INT, unserved);
  }

  public boolean isTrue(String name) {
    return (Boolean) value(name, ConfigDef.Type.BOOLEAN, false);
  }
}
