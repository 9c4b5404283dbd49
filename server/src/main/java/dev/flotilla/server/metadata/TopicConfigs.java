package dev.flotilla.server.metadata;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.metadata.KafkaConfigSchema;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/**
 * The settings a topic can have: Kafka's, and {@code storage.engine}. A setting that a topic does
 * not have is the node's, under the node's name for it, else Kafka's default.
 */
public final class TopicConfigs {

  public static final String STORAGE_ENGINE = "storage.engine";

  /** By the topic's name of a setting: the node's names for it, the strongest first. */
  public static final Map<String, List<ConfigSynonym>> SYNONYMS = synonyms();

  private final NodeSettings node;
  private final ConfigDef definition;
  private final KafkaConfigSchema schema;

  public TopicConfigs(NodeSettings node) {
    this.node = node;
    this.definition = LogConfig.configDefCopy();
    definition.define(
        STORAGE_ENGINE,
        ConfigDef.Type.STRING,
        defaultEngine(),
        ConfigDef.Importance.MEDIUM,
        "The storage engine that keeps the topic's partitions. A change takes effect when a node"
            + " starts.");
    this.schema = new KafkaConfigSchema(Map.of(ConfigResource.Type.TOPIC, definition), SYNONYMS);
  }

  private static Map<String, List<ConfigSynonym>> synonyms() {
    var synonyms = new HashMap<>(ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS);
    synonyms.put(STORAGE_ENGINE, List.of(new ConfigSynonym(STORAGE_ENGINE)));
    return Map.copyOf(synonyms);
  }

  public ConfigDef definition() {
    return definition;
  }

  /** Every setting of a topic with its value and where that comes from, by name. */
  public Map<String, ConfigEntry> effective(Map<String, String> topic) {
    return new TreeMap<>(
        schema.resolveEffectiveTopicConfigs(node.configured(), Map.of(), Map.of(), topic));
  }

  /** The storage engine that a topic's replicas on this node are to be in. */
  public String engine(Map<String, String> topic) {
    var engine = topic.getOrDefault(STORAGE_ENGINE, node.configured().get(STORAGE_ENGINE));
    return engine == null ? defaultEngine() : engine;
  }

  private String defaultEngine() {
    var engine = node.definition().configKeys().get(STORAGE_ENGINE);
    return engine == null || !engine.hasDefault() ? "mmap" : String.valueOf(engine.defaultValue);
  }

  /** As Kafka's storage classes take it. */
  public LogConfig logConfig(Map<String, String> topic) {
    return new LogConfig(values(topic));
  }

  private Map<String, String> values(Map<String, String> topic) {
    var values = new HashMap<String, String>();
    effective(topic)
        .forEach((name, entry) -> {
          if (entry.value() != null) {
            values.put(name, entry.value());
          }
        });
    return values;
  }

  /**
   * Checks what was set for a topic.
   *
   * @param replicationFactor how many replicas its partitions have
   * @throws InvalidConfigurationException with the reason for the client
   */
  void check(Map<String, String> topic, int replicationFactor) {
    var engine = topic.get(STORAGE_ENGINE);
    if (engine != null && !node.storageEngines().contains(engine)) {
      throw new InvalidConfigurationException(
          "%s=%s: the engines of this node are %s"
              .formatted(STORAGE_ENGINE, engine, String.join(", ", node.storageEngines())));
    }
    var kafka = new HashMap<>(topic);
    kafka.remove(STORAGE_ENGINE);
    var defaults = values(Map.of());
    defaults.remove(STORAGE_ENGINE);
    try {
      LogConfig.validate(Map.of(), kafka, defaults, false);
    } catch (ConfigException e) {
      throw new InvalidConfigurationException(Objects.requireNonNullElse(e.getMessage(), ""), e);
    }
    checkMinInsyncReplicas(topic.get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG), replicationFactor);
  }

  /** A majority is what every write waits for: more cannot be promised. */
  private static void checkMinInsyncReplicas(@Nullable String set, int replicationFactor) {
    var majority = replicationFactor / 2 + 1;
    if (set != null && Integer.parseInt(set.trim()) > majority) {
      throw new InvalidConfigurationException(
          "%s=%s is more than the majority of %d replicas, which is %d"
              .formatted(
                  TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, set, replicationFactor, majority));
    }
  }
}
