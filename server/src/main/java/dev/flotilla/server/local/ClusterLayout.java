package dev.flotilla.server.local;

import dev.flotilla.server.DataDirectory;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The nodes of a local cluster and their ports, remembered in its directory: the configurations
 * that Raft groups keep name addresses, so a node must be where it was.
 *
 * <pre>
 * DIR/cluster.properties   node.1=9092,19092,9644 for each node: clients, raft, metrics
 * DIR/node-1.properties    the node's settings, written at every start
 * DIR/node-1/              its data directory, with a pid and a log file
 * </pre>
 *
 * @param directory absolute
 * @param nodes the ports of each node, by id
 */
record ClusterLayout(Path directory, SortedMap<Integer, Ports> nodes) {

  private static final String FILE = "cluster.properties";
  private static final String NODE = "node.";

  /**
   * What a directory remembers, checked against what is asked for now; a new layout, on free ports,
   * where it remembers nothing. Ports of clients may be asked for anew, the rest stays.
   *
   * @throws LocalFailure if they do not fit, or the directory holds something else
   */
  static ClusterLayout of(
      Path directory, Optional<Integer> count, Optional<Integer> firstId, Optional<Integer> port)
      throws LocalFailure {
    try {
      if (Files.exists(directory.resolve(FILE))) {
        return read(directory).checked(count, firstId).withClients(port);
      }
      requireEmpty(directory);
    } catch (IOException e) {
      throw new LocalFailure("directory " + directory + " cannot be read: " + e, e);
    }
    int clients = port.orElse(Ports.DEFAULT_CLIENTS);
    int raft = Ports.firstRaft(clients);
    int metrics = Ports.firstMetrics(clients);
    SortedMap<Integer, Ports> nodes = new TreeMap<>();
    for (int i = 0; i < count.orElse(3); i++) {
      raft = Ports.free(raft, 2);
      metrics = Ports.free(metrics, 1);
      nodes.put(firstId.orElse(1) + i, new Ports(clients + i, raft, metrics));
      raft += 2;
      metrics++;
    }
    return new ClusterLayout(directory, nodes);
  }

  private static void requireEmpty(Path directory) throws IOException, LocalFailure {
    try (Stream<Path> files = Files.list(directory)) {
      Optional<Path> found =
          files.filter(file -> !file.endsWith(".lock") && !file.endsWith("pid")).findFirst();
      if (found.isPresent()) {
        throw new LocalFailure(
            "directory %s has no %s but holds %s"
                .formatted(directory, FILE, found.get().getFileName()));
      }
    }
  }

  private static ClusterLayout read(Path directory) throws IOException, LocalFailure {
    Properties properties = new Properties();
    Path file = directory.resolve(FILE);
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    SortedMap<Integer, Ports> nodes = new TreeMap<>();
    try {
      for (String key : properties.stringPropertyNames()) {
        String[] ports = properties.getProperty(key).split(",");
        nodes.put(
            Integer.parseInt(key.substring(NODE.length())),
            new Ports(
                Integer.parseInt(ports[0]),
                Integer.parseInt(ports[1]),
                Integer.parseInt(ports[2])));
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new LocalFailure(file + " cannot be read: " + e.getMessage(), e);
    }
    if (nodes.isEmpty()) {
      throw new LocalFailure(file + " names no node");
    }
    return new ClusterLayout(directory, nodes);
  }

  private ClusterLayout checked(Optional<Integer> count, Optional<Integer> firstId)
      throws LocalFailure {
    if (count.orElse(nodes.size()) != nodes.size()
        || !firstId.orElse(nodes.firstKey()).equals(nodes.firstKey())) {
      throw new LocalFailure(
          "directory %s holds a cluster of %d nodes from id %d on, not %d from %d on"
              .formatted(
                  directory,
                  nodes.size(),
                  nodes.firstKey(),
                  count.orElse(nodes.size()),
                  firstId.orElse(nodes.firstKey())));
    }
    return this;
  }

  private ClusterLayout withClients(Optional<Integer> port) {
    if (port.isEmpty()) {
      return this;
    }
    SortedMap<Integer, Ports> moved = new TreeMap<>();
    nodes.forEach((id, ports) ->
        moved.put(
            id, new Ports(port.get() + id - nodes.firstKey(), ports.raft(), ports.metrics())));
    return new ClusterLayout(directory, moved);
  }

  /** Remembers it, durably. */
  void write() throws LocalFailure {
    Properties properties = new Properties();
    nodes.forEach((id, ports) ->
        properties.setProperty(
            NODE + id, ports.clients() + "," + ports.raft() + "," + ports.metrics()));
    writeTo(directory.resolve(FILE), properties);
  }

  /** Replaces a properties file of the cluster. */
  static void writeTo(Path file, Properties properties) throws LocalFailure {
    try {
      StringWriter text = new StringWriter();
      properties.store(text, null);
      DataDirectory.replace(file, text.toString().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new LocalFailure(file + " cannot be written: " + e.getMessage(), e);
    }
  }

  Path dataOf(int node) {
    return directory.resolve("node-" + node);
  }

  Path logOf(int node) {
    return dataOf(node).resolve("log");
  }

  Path settingsOf(int node) {
    return directory.resolve("node-" + node + ".properties");
  }

  /** The value of {@code cluster.nodes}. */
  String clusterNodes() {
    return nodes.entrySet().stream()
        .map(node -> node.getKey() + "@127.0.0.1:" + node.getValue().raft())
        .collect(Collectors.joining(","));
  }

  /** What clients are told to connect to first. */
  String bootstrap() {
    return nodes.values().stream()
        .map(ports -> "127.0.0.1:" + ports.clients())
        .collect(Collectors.joining(","));
  }
}
