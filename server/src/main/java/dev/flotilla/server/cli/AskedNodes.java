package dev.flotilla.server.cli;

import dev.flotilla.server.status.NodePages;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The options of commands that ask the nodes of a cluster over HTTP, and how such a command ends.
 */
final class AskedNodes {

  static final Duration PATIENCE = Duration.ofSeconds(5);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT,...",
      description =
          "Clients' addresses of some nodes, who name the others; 127.0.0.1:9092 if unset.")
  private String bootstrap = "127.0.0.1:9092";

  @Option(
      names = "--metrics",
      split = ",",
      paramLabel = "HOST:PORT",
      description =
          "Asks these metrics.listeners instead, all and only them; no node need be ready.")
  private @Nullable List<String> metrics;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  AskedNodes() {}

  /** What a command makes of the nodes: its exit status. */
  interface Question {
    int ask(List<NodePages> nodes);
  }

  /** Asks, or says why nobody can be asked. */
  int ask(Question question) throws InterruptedException {
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      List<String> addresses = metrics == null ? StatusAddresses.of(bootstrap, PATIENCE) : metrics;
      return question.ask(
          addresses.stream().map(address -> new NodePages(http, address, PATIENCE)).toList());
    } catch (StatusAddresses.UnreachableException e) {
      return failed(1, e.getMessage());
    } catch (IllegalArgumentException e) {
      return failed(2, e.getMessage());
    }
  }

  /** Nobody answered. */
  int silence(List<String> silent) {
    return failed(1, "no answer from " + String.join(", ", silent));
  }

  /** Prints a result in the form that was asked for. */
  void print(String text, String asJson) {
    command.commandLine().getOut().print(json ? asJson : text);
    command.commandLine().getOut().flush();
  }

  /** Something kept the command from being done: its exit status. */
  int failed(int status, @Nullable String reason) {
    command.commandLine().getErr().println("flotilla: " + reason);
    return status;
  }
}
