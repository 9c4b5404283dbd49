package dev.flotilla.server.cli;

import dev.flotilla.server.config.InvalidConfigException;
import dev.flotilla.server.local.LocalCluster;
import dev.flotilla.server.local.LocalFailure;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code flotilla cluster}: runs the nodes of a cluster on this machine until it is told to stop.
 */
@Command(
    name = "cluster",
    description = {
      "Runs the nodes of a cluster as processes of this machine until it gets SIGTERM or Ctrl-C.",
      "Prints what clients connect to when every node is ready."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "DIR remembers the nodes and their ports: started again on it, the cluster goes on with its"
          + " data. DIR/node-ID is a node's data with its pid and log, DIR/node-ID.properties what"
          + " 'flotilla server' takes to start that node alone.",
      "",
      "Examples:",
      "  flotilla cluster                                three nodes, clients at 9092, 9093, 9094",
      "  flotilla cluster --nodes 5 --port 19092 --data /tmp/five",
      "  flotilla cluster --first-id 0 --config server.properties"
    })
final class ClusterCommand implements Callable<Integer> {

  private static final int MOST_NODES = 100;

  @Spec private CommandSpec spec;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "How many nodes; 3, or as many as DIR holds.")
  private @Nullable Integer count;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description =
          "Where clients connect to the first node, the others follow; 9092, or as DIR has it.")
  private @Nullable Integer port;

  @Option(
      names = "--first-id",
      paramLabel = "ID",
      description = "The id of the first node; 1, or as DIR has it.")
  private @Nullable Integer firstId;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where everything is kept, ./cluster-data by default.")
  private Path directory = Path.of("cluster-data");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A properties file with Kafka's names, for every node.")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets one key of every node, over the file. May be repeated.")
  private Map<String, String> overrides = new LinkedHashMap<>();

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ClusterCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    LocalCluster cluster;
    try {
      checkNumbers();
      cluster =
          LocalCluster.start(
              new LocalCluster.Plan(
                  directory,
                  Optional.ofNullable(count),
                  Optional.ofNullable(firstId),
                  Optional.ofNullable(port),
                  settings()),
              this::report);
    } catch (InvalidConfigException e) {
      return failed(2, e.getMessage());
    } catch (LocalFailure e) {
      return failed(1, e.getMessage());
    }
    Runtime.getRuntime().addShutdownHook(new Thread(cluster::close, "shutdown"));
    String bootstrap;
    try {
      bootstrap = cluster.awaitReady();
    } catch (LocalFailure e) {
      return failed(1, e.getMessage());
    }
    spec.commandLine().getOut().println(bootstrap);
    spec.commandLine().getOut().flush();
    return cluster.awaitEnd() ? 0 : failed(1, "no node is left");
  }

  private void checkNumbers() throws InvalidConfigException {
    if (count != null && (count < 1 || count > MOST_NODES)) {
      throw new InvalidConfigException("--nodes " + count + ": 1 to " + MOST_NODES);
    }
    if (port != null && (port < 1 || port > 65_535 - MOST_NODES)) {
      throw new InvalidConfigException("--port " + port + ": 1 to " + (65_535 - MOST_NODES));
    }
    if (firstId != null && firstId < 0) {
      throw new InvalidConfigException("--first-id " + firstId + ": 0 or more");
    }
  }

  /** What all nodes share. A file may have been written for one node: its own keys are left out. */
  private Map<String, String> settings() throws InvalidConfigException {
    Map<String, String> shared = new TreeMap<>();
    if (file != null) {
      shared.putAll(Settings.read(file));
      TreeSet<String> single = new TreeSet<>(shared.keySet());
      single.retainAll(LocalCluster.COMPUTED);
      shared.keySet().removeAll(single);
      if (!single.isEmpty()) {
        report(
            "%s in %s: not used, every node of the cluster gets its own"
                .formatted(String.join(", ", single), file));
      }
    }
    for (Map.Entry<String, String> each : overrides.entrySet()) {
      if (LocalCluster.COMPUTED.contains(each.getKey())) {
        throw new InvalidConfigException(
            "--set %s=%s: every node of the cluster gets its own"
                .formatted(each.getKey(), each.getValue()));
      }
      shared.put(each.getKey(), each.getValue().trim());
    }
    return shared;
  }

  private void report(String text) {
    text.lines().forEach(line -> spec.commandLine().getErr().println("flotilla: " + line));
  }

  private int failed(int status, @Nullable String reason) {
    report(String.valueOf(reason));
    return status;
  }
}
