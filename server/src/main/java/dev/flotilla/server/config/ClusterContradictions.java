package dev.flotilla.server.config;

import dev.flotilla.server.network.Listener;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;

/** What cannot be true of a node and of the cluster that it is to be a part of. */
final class ClusterContradictions {

  private ClusterContradictions() {}

  static void check(NodeConfig config) throws InvalidConfigException {
    AbstractConfig values = config.values();
    checkZooKeeper(config, values.getString(NodeKeys.ZOOKEEPER));
    if (config.cluster().isPresent()) {
      ClusterNodes cluster = config.cluster().get();
      checkNamed(config, values, cluster);
      checkPort(config.raftListener(), config.raftAddress(), NodeKeys.RAFT_LISTENER);
      checkData(config, cluster);
    }
    checkListeners(config);
  }

  private static void checkZooKeeper(NodeConfig config, String zookeeper)
      throws InvalidConfigException {
    if (config.cluster().isEmpty() && zookeeper.contains(",")) {
      throw new InvalidConfigException(
          "zookeeper.connect names several hosts, and there is no ZooKeeper here: say which nodes"
              + " form the cluster, for instance"
              + " cluster.nodes=1@host1:9192,2@host2:9192,3@host3:9192"
              + " (a port for the nodes, not the clients' one)");
    }
  }

  private static void checkNamed(NodeConfig config, AbstractConfig values, ClusterNodes cluster)
      throws InvalidConfigException {
    boolean unset = values.getInt(NodeKeys.NODE_ID) < 0 && values.getInt(NodeKeys.BROKER_ID) < 0;
    if (unset && cluster.addresses().size() > 1) {
      throw new InvalidConfigException(
          "cluster.nodes names %d nodes and node.id is not set: say which of them this one is"
              .formatted(cluster.addresses().size()));
    }
    if (!cluster.addresses().containsKey(config.nodeId())) {
      throw new InvalidConfigException(
          "cluster.nodes=%s does not name this node, whose id is %d"
              .formatted(cluster, config.nodeId()));
    }
  }

  private static void checkPort(HostAndPort listener, HostAndPort address, String key)
      throws InvalidConfigException {
    if (listener.port() != address.port() || (listener.loopback() && !address.loopback())) {
      throw new InvalidConfigException(
          "%s=%s is not where cluster.nodes says that others reach this node, %s"
              .formatted(key, listener, address));
    }
  }

  private static void checkData(NodeConfig config, ClusterNodes cluster)
      throws InvalidConfigException {
    if (config.dataListener().port() == 0) {
      throw new InvalidConfigException(
          "raft.data.listener=%s: in a cluster the port must be the same at each start"
              .formatted(config.dataListener()));
    }
    for (Map.Entry<Integer, HostAndPort> node : cluster.addresses().entrySet()) {
      if (node.getValue().collidesWith(config.dataAddress())) {
        throw new InvalidConfigException(
            "raft.data.listener: replicas of partitions would be served at %s, which is node %d's"
                    .formatted(config.dataAddress(), node.getKey())
                + " in cluster.nodes; set another port");
      }
    }
  }

  private static void checkListeners(NodeConfig config) throws InvalidConfigException {
    HostAndPort raft = config.raftListener();
    HostAndPort data = config.dataListener();
    if (raft.collidesWith(data)) {
      throw new InvalidConfigException(
          "raft.listener and raft.data.listener are one address, " + raft);
    }
    for (Listener clients : config.listeners()) {
      HostAndPort bound = new HostAndPort(clients.host(), clients.port());
      if (bound.collidesWith(raft)) {
        throw new InvalidConfigException(
            "%s is the port of clients (listeners) and cannot be that of raft.listener as well,"
                    .formatted(raft)
                + " which cluster.nodes names; take another, for instance 9192");
      }
      if (bound.collidesWith(data)) {
        throw new InvalidConfigException(
            "%s is the port of clients (listeners) and cannot be that of raft.data.listener as well"
                .formatted(data));
      }
    }
  }
}
