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
    checkCluster(values, config.nodeId());
    int majority = values.getInt(NodeKeys.REPLICATION_FACTOR) / 2 + 1;
    int minInSync = values.getInt(NodeKeys.MIN_IN_SYNC);
    if (minInSync > majority) {
      throw new InvalidConfigException(
          "%s=%d is more than a majority of %s=%d, which is %d"
              .formatted(
                  NodeKeys.MIN_IN_SYNC,
                  minInSync,
                  NodeKeys.REPLICATION_FACTOR,
                  values.getInt(NodeKeys.REPLICATION_FACTOR),
                  majority));
    }
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

  private static void checkCluster(AbstractConfig values, int nodeId)
      throws InvalidConfigException {
    List<String> nodes = values.getList(NodeKeys.CLUSTER_NODES);
    if (nodes.isEmpty() && values.getString(NodeKeys.ZOOKEEPER).contains(",")) {
      throw new InvalidConfigException(
          "zookeeper.connect names several hosts, and there is no ZooKeeper here: say which nodes"
              + " form the cluster, for instance cluster.nodes=1@host1:9092,2@host2:9092,3@host3:9092");
    }
    if (nodes.size() > 1) {
      throw new InvalidConfigException(
          "cluster.nodes names " + nodes.size() + " nodes, in this version a cluster has one");
    }
    if (nodes.size() == 1 && !nodes.getFirst().startsWith(nodeId + "@")) {
      throw new InvalidConfigException(
          "cluster.nodes=" + nodes.getFirst() + " does not name this node, whose id is " + nodeId);
    }
  }
}
