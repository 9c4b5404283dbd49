package dev.flotilla.server.local;

import dev.flotilla.server.config.InvalidConfigException;
import dev.flotilla.server.config.NodeConfig;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** The settings of each node of a local cluster: those that all share, and those of its own. */
final class NodeFiles {

  /** What is set here. */
  static final List<String> COMPUTED =
      List.of(
          "node.id",
          "broker.id",
          "listeners",
          "advertised.listeners",
          "log.dirs",
          "log.dir",
          "cluster.nodes",
          "raft.listener",
          "raft.data.listener",
          "metrics.listener");

  private NodeFiles() {}

  /**
   * The settings of every node, by id.
   *
   * @param shared without any of {@link #COMPUTED}
   * @throws InvalidConfigException if a node could not start with them
   */
  static Map<Integer, Map<String, String>> of(ClusterLayout layout, Map<String, String> shared)
      throws InvalidConfigException {
    Map<Integer, Map<String, String>> all = new TreeMap<>();
    for (Map.Entry<Integer, Ports> node : layout.nodes().entrySet()) {
      Ports ports = node.getValue();
      Map<String, String> settings = new TreeMap<>(shared);
      // Whoever tries a cluster by hand should not wait for more consumers that will not come.
      settings.putIfAbsent("group.initial.rebalance.delay.ms", "0");
      settings.put("node.id", node.getKey().toString());
      settings.put("listeners", "PLAINTEXT://127.0.0.1:" + ports.clients());
      settings.put("log.dirs", layout.dataOf(node.getKey()).toString());
      settings.put("cluster.nodes", layout.clusterNodes());
      settings.put("raft.listener", "127.0.0.1:" + ports.raft());
      settings.put("metrics.listener", "127.0.0.1:" + ports.metrics());
      NodeConfig.of(settings);
      all.put(node.getKey(), settings);
    }
    return all;
  }

  /** Writes them to where {@code flotilla server} can be given them, too. */
  static void write(ClusterLayout layout, Map<Integer, Map<String, String>> settings)
      throws LocalFailure {
    for (Map.Entry<Integer, Map<String, String>> node : settings.entrySet()) {
      Properties properties = new Properties();
      properties.putAll(node.getValue());
      ClusterLayout.writeTo(layout.settingsOf(node.getKey()), properties);
    }
  }
}
