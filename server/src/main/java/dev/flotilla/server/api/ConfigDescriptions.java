package dev.flotilla.server.api;

import dev.flotilla.server.metadata.NodeSettings;
import dev.flotilla.server.metadata.TopicConfigs;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.metadata.KafkaConfigSchema;
import org.apache.kafka.server.config.ConfigSynonym;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a topic, of this node or of a group, each with where its value comes from and
 * what it would be otherwise: its synonyms, the one in force first.
 */
final class ConfigDescriptions {

  private final NodeSettings node;
  private final TopicConfigs topics;

  ConfigDescriptions(NodeSettings node, TopicConfigs topics) {
    this.node = node;
    this.topics = topics;
  }

  List<DescribeConfigsResourceResult> topic(Map<String, String> config) {
    var results = new ArrayList<DescribeConfigsResourceResult>();
    var definition = topics.definition();
    topics
        .effective(config)
        .forEach((name, entry) -> {
          var synonyms = new ArrayList<DescribeConfigsSynonym>();
          if (config.containsKey(name)) {
            synonyms.add(synonym(name, config.get(name), ConfigSource.TOPIC_CONFIG));
          }
          var onNode = TopicConfigs.SYNONYMS.getOrDefault(name, List.of());
          synonyms.addAll(nodeSynonyms(onNode.stream().map(ConfigSynonym::name).toList()));
          results.add(
              result(definition.configKeys().get(name), name, entry.value(), synonyms)
                  .setConfigSource(KafkaConfigSchema.translateConfigSource(entry.source()).id()));
        });
    return results;
  }

  /** Nothing of a node can be changed while it runs. */
  List<DescribeConfigsResourceResult> node() {
    var keys = node.definition().configKeys();
    var names = new TreeSet<>(keys.keySet());
    names.addAll(node.configured().keySet());
    var results = new ArrayList<DescribeConfigsResourceResult>();
    for (var name : names) {
      var key = keys.get(name);
      if (key == null || !key.internalConfig) {
        var synonyms = nodeSynonyms(namesOf(name));
        results.add(result(key, name, nodeValue(name), synonyms).setReadOnly(true));
      }
    }
    return results;
  }

  /** Groups have no settings of their own yet: the node's hold, else Kafka's defaults. */
  List<DescribeConfigsResourceResult> group() {
    var results = new ArrayList<DescribeConfigsResourceResult>();
    for (var key : GroupConfig.CONFIG_DEF.configKeys().values()) {
      var onNode = GroupConfig.brokerSynonym(key.name).map(List::of).orElse(List.of());
      var synonyms = nodeSynonyms(onNode);
      if (synonyms.isEmpty()) {
        synonyms.add(synonym(key.name, text(key, key.defaultValue), ConfigSource.DEFAULT_CONFIG));
      }
      results.add(result(key, key.name, synonyms.getFirst().value(), synonyms));
    }
    return results;
  }

  /** A node's names for one setting, the strongest first: log.retention.ms, .minutes, .hours. */
  private static List<String> namesOf(String name) {
    var names = new LinkedHashSet<String>();
    names.add(name);
    for (var family : TopicConfigs.SYNONYMS.values()) {
      var members = family.stream().map(ConfigSynonym::name).toList();
      if (members.contains(name)) {
        names.addAll(members);
      }
    }
    return List.copyOf(names);
  }

  private List<DescribeConfigsSynonym> nodeSynonyms(List<String> names) {
    var synonyms = new ArrayList<DescribeConfigsSynonym>();
    for (var name : names) {
      if (node.configured().containsKey(name)) {
        synonyms.add(synonym(name, node.configured().get(name), ConfigSource.STATIC_BROKER_CONFIG));
      }
    }
    for (var name : names) {
      var key = node.definition().configKeys().get(name);
      if (key != null && key.hasDefault() && key.defaultValue != null) {
        synonyms.add(synonym(name, text(key, key.defaultValue), ConfigSource.DEFAULT_CONFIG));
      }
    }
    return synonyms;
  }

  private @Nullable String nodeValue(String name) {
    if (node.configured().containsKey(name)) {
      return node.configured().get(name);
    }
    var key = node.definition().configKeys().get(name);
    return key == null || !key.hasDefault() ? null : text(key, key.defaultValue);
  }

  private static @Nullable String text(ConfigDef.ConfigKey key, @Nullable Object value) {
    return ConfigDef.convertToString(value, key.type);
  }

  private static DescribeConfigsSynonym synonym(
      String name, @Nullable String value, ConfigSource source) {
    return new DescribeConfigsSynonym().setName(name).setValue(value).setSource(source.id());
  }

  /** A setting that nobody defined may be a secret. */
  private static DescribeConfigsResourceResult result(
      ConfigDef.@Nullable ConfigKey key,
      String name,
      @Nullable String value,
      List<DescribeConfigsSynonym> synonyms) {
    var sensitive = key == null || key.type.isSensitive();
    if (sensitive) {
      synonyms.forEach(synonym -> synonym.setValue(null));
    }
    var source =
        synonyms.isEmpty() ? ConfigSource.DEFAULT_CONFIG.id() : synonyms.getFirst().source();
    return new DescribeConfigsResourceResult()
        .setName(name)
        .setValue(sensitive ? null : value)
        .setIsSensitive(sensitive)
        .setConfigSource(source)
        .setSynonyms(synonyms)
        .setConfigType(ConfigTypes.of(key == null ? null : key.type))
        .setDocumentation(key == null ? null : key.documentation);
  }
}
