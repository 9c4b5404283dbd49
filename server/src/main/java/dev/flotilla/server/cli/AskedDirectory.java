package dev.flotilla.server.cli;

import dev.flotilla.server.StoppedNode;
import dev.flotilla.server.config.InvalidConfigException;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that look at the data directory of a node that does not run. */
final class AskedDirectory {

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Looks at the data directory of a node that does not run (log.dirs), and asks nobody.")
  private @Nullable Path data;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "With --data: a setting of that node, such as one of its engine's.")
  private Map<String, String> settings = new LinkedHashMap<>();

  /** What is asked of a node that does not run: the exit status. */
  interface Question {
    int ask(StoppedNode node) throws IOException;
  }

  boolean isAsked() {
    return data != null;
  }

  /** Asks, or says why the directory cannot be looked at. */
  int ask(AskedNodes command, Question question) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("log.dirs", String.valueOf(data));
    try (StoppedNode node = StoppedNode.open(NodeConfig.of(all))) {
      return question.ask(node);
    } catch (InvalidConfigException e) {
      return command.failed(2, e.getMessage());
    } catch (IOException | UncheckedIOException | StorageException e) {
      return command.failed(1, e.getMessage());
    }
  }
}
