package dev.flotilla.server.cli;

import dev.flotilla.server.Node;
import dev.flotilla.server.StartFailure;
import dev.flotilla.server.config.InvalidConfigException;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.storage.FlushMode;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
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
      "  flotilla server --set log.dirs=/srv/flotilla   with one setting"
    })
final class ServerCommand implements Callable<Integer> {

  private static final Logger LOG = LoggerFactory.getLogger(ServerCommand.class);

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

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ServerCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    NodeConfig config;
    try {
      config = NodeConfig.of(settings());
    } catch (InvalidConfigException e) {
      return failed(2, e.getMessage());
    } catch (NoSuchFileException e) {
      return failed(2, "there is no file " + file);
    } catch (IOException | IllegalArgumentException e) {
      return failed(2, "file " + file + " cannot be read: " + e.getMessage());
    }
    if (!config.withoutEffect().isEmpty()) {
      LOG.warn(
          "Without effect here, though Kafka knows them: {}",
          String.join(", ", config.withoutEffect()));
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

  private Map<String, String> settings() throws IOException {
    Map<String, String> settings = new HashMap<>();
    if (file == null) {
      // Whoever tries a node by hand should not wait for more consumers that will not come.
      settings.put("group.initial.rebalance.delay.ms", "0");
    } else {
      Properties properties = new Properties();
      try (Reader reader = Files.newBufferedReader(file)) {
        properties.load(reader);
      }
      properties
          .stringPropertyNames()
          .forEach(key -> settings.put(key, properties.getProperty(key)));
    }
    settings.putAll(overrides);
    settings.replaceAll((key, value) -> value.trim());
    return settings;
  }

  private int failed(int status, @Nullable String reason) {
    spec.commandLine().getErr().println("flotilla: " + reason);
    return status;
  }
}
