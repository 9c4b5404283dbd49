package dev.flotilla.server.config;

import dev.flotilla.server.network.Listener;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.AbstractConfig;

/** What cannot be true of a node at the same time. */
final class Contradictions {

  private Contradictions() {}

  static void check(NodeConfig config) throws InvalidConfigException {
    AbstractConfig values = config.values();
    checkNodeId(values.getInt(NodeKeys.NODE_ID), values.getInt(NodeKeys.BROKER_ID));
    checkDirectories(values);
    checkAdvertised(config);
    ClusterContradictions.check(config);
    checkMinInSync(config);
    if (config.messageMaxBytes() > values.getInt(NodeKeys.MAX_REQUEST)) {
      throw new InvalidConfigException(
          "%s=%d is more than %s=%d lets in"
              .formatted(
                  NodeKeys.MESSAGE_MAX,
                  config.messageMaxBytes(),
                  NodeKeys.MAX_REQUEST,
                  values.getInt(NodeKeys.MAX_REQUEST)));
    }
  }

  private static void checkNodeId(int nodeId, int brokerId) throws InvalidConfigException {
    if (nodeId >= 0 && brokerId >= 0 && nodeId != brokerId) {
      throw new InvalidConfigException(
          "node.id=" + nodeId + " and broker.id=" + brokerId + " name one node differently");
    }
  }

  private static void checkDirectories(AbstractConfig values) throws InvalidConfigException {
    List<String> several = values.getList(NodeKeys.LOG_DIRS);
    List<String> named = several == null ? values.getList(NodeKeys.LOG_DIR) : several;
    if (named.size() != 1) {
      throw new InvalidConfigException(
          "log.dirs names " + named.size() + " directories, a node keeps its data in one");
    }
  }

  private static void checkAdvertised(NodeConfig config) throws InvalidConfigException {
    Set<String> bound = names(config.listeners());
    for (Listener told : config.advertisedListeners()) {
      if (!bound.contains(told.name().value())) {
        throw new InvalidConfigException(
            "advertised.listeners has " + told.name().value() + ", which is not in listeners");
      }
      if (told.host().isEmpty() || told.host().equals("0.0.0.0")) {
        throw new InvalidConfigException(
            "advertised.listeners: clients cannot connect to "
                + told.name().value()
                + " at 0.0.0.0");
      }
    }
  }

  private static Set<String> names(List<Listener> listeners) {
    return listeners.stream().map(each -> each.name().value()).collect(Collectors.toSet());
  }

  private static void checkMinInSync(NodeConfig config) throws InvalidConfigException {
    int factor = config.defaultReplicationFactor();
    int majority = factor / 2 + 1;
    int minInSync = config.values().getInt(NodeKeys.MIN_IN_SYNC);
    if (minInSync > majority) {
      throw new InvalidConfigException(
          "%s=%d is more than a majority of %s=%d, which is %d"
              .formatted(
                  NodeKeys.MIN_IN_SYNC, minInSync, NodeKeys.REPLICATION_FACTOR, factor, majority));
    }
  }
}
