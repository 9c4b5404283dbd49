package dev.flotilla.server.cli;

import dev.flotilla.server.Node;
import dev.flotilla.server.StartFailure;
import dev.flotilla.server.config.InvalidConfigException;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.local.LocalFailure;
import dev.flotilla.server.local.NodeProcess;
import dev.flotilla.server.local.Session;
import dev.flotilla.storage.FlushMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code flotilla server}: runs one node until it is told to stop. */
@Command(
    name = "server",
    description = "Runs one node until it gets SIGTERM or Ctrl-C.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  flotilla server                                a node on 127.0.0.1:9092, data in ./data",
      "  flotilla server server.properties              with a file of Kafka's settings",
      "  flotilla server --set log.dirs=/srv/flotilla   with one setting",
      "  flotilla server server.properties --daemon     in the background"
    })
final class ServerCommand implements Callable<Integer> {

  private static final Logger LOG = LoggerFactory.getLogger(ServerCommand.class);

  /** A node waits for the others of its cluster; whoever started it need not wait so long. */
  private static final Duration DAEMON_PATIENCE = Duration.ofMinutes(2);

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "A properties file with Kafka's names.")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets one key, over the file. May be repeated.")
  private Map<String, String> overrides = new LinkedHashMap<>();

  @Option(
      names = "--daemon",
      description = {
        "Goes on in the background, with its output appended to DATA/log and its process id in"
            + " DATA/pid. Returns when the node is ready, or with status 1 and why it is not."
      })
  private boolean daemon;

  @Option(names = "--detached", hidden = true, description = "In a session of its own.")
  private boolean detached;

  @Option(names = "--parent", hidden = true, description = "Stops when this process is gone.")
  private @Nullable Long parent;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ServerCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    NodeConfig config;
    try {
      config = NodeConfig.of(settings());
    } catch (InvalidConfigException e) {
      return failed(2, e.getMessage());
    }
    if (daemon) {
      return startDaemon(config);
    }
    if (detached) {
      Session.leave();
    }
    endWithParent();
    if (!config.withoutEffect().isEmpty()) {
      LOG.warn(
          "Without effect here, though Kafka knows them: {}",
          String.join(", ", config.withoutEffect()));
    }
    if (config.defaultReplicationFactor() == 2) {
      LOG.warn(
          "default.replication.factor is 2: topics stop when either of their two nodes is down");
    }
    if (config.flushMode() == FlushMode.UNSAFE_OS) {
      LOG.warn(
          "storage.flush=unsafe-os: acknowledged records are left to the page cache, a power cut may"
              + " lose them");
    }
    Node node;
    try {
      node = Node.start(config);
    } catch (StartFailure e) {
      LOG.debug("The node did not start", e);
      return failed(1, e.getMessage());
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  node.close();
                  stopped.countDown();
                },
                "shutdown"));
    spec.commandLine().getOut().println(node.describe());
    spec.commandLine().getOut().flush();
    stopped.await();
    return 0;
  }

  private Map<String, String> settings() throws InvalidConfigException {
    Map<String, String> settings = new HashMap<>();
    if (file == null) {
      // Whoever tries a node by hand should not wait for more consumers that will not come.
      settings.put("group.initial.rebalance.delay.ms", "0");
    } else {
      settings.putAll(Settings.read(file));
    }
    overrides.forEach((key, value) -> settings.put(key, value.trim()));
    return settings;
  }

  /** Starts the same command in a process of its own and waits until it serves. */
  private int startDaemon(NodeConfig config) throws InterruptedException {
    Path log = config.directory().resolve("log");
    List<String> arguments = new ArrayList<>(List.of("server", "--detached"));
    if (file != null) {
      arguments.add(file.toString());
    }
    overrides.forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
    NodeProcess node;
    try {
      node = NodeProcess.start(List.of(), arguments, log);
    } catch (LocalFailure e) {
      return failed(1, e.getMessage());
    }
    return switch (node.awaitStart(DAEMON_PATIENCE)) {
      case NodeProcess.Start.Ready ready -> {
        spec.commandLine().getOut().println(ready.line());
        yield 0;
      }
      case NodeProcess.Start.Ended ended -> failed(1, ended.reason());
      case NodeProcess.Start.Late l ->
          failed(
              1,
              "not ready after %d s; process %d goes on and writes to %s"
                  .formatted(DAEMON_PATIENCE.toSeconds(), node.pid(), log));
    };
  }

  private void endWithParent() {
    if (parent != null) {
      var _ =
          ProcessHandle.of(parent)
              .map(ProcessHandle::onExit)
              .orElseGet(() -> CompletableFuture.completedFuture(null))
              .thenRun(() -> {
                LOG.warn("Process {}, which started this node, is gone: stopping", parent);
                System.exit(0);
              });
    }
  }

  private int failed(int status, @Nullable String reason) {
    spec.commandLine().getErr().println("flotilla: " + reason);
    return status;
  }
}
