package dev.flotilla.server.cli;

import dev.flotilla.server.status.ClusterStatus;
import dev.flotilla.server.status.Status;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code flotilla status}: asks the nodes of a cluster how they are. */
@Command(
    name = "status",
    description = {
      "Says how a cluster is: its nodes, partitions without a leader or with replicas that are not"
          + " caught up, replicas that are quarantined or rebuilt.",
      "Status 0: all is well. 1: something is wrong, or nobody answers. 2: wrong usage."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  flotilla status                                 of the cluster of 127.0.0.1:9092",
      "  flotilla status --bootstrap host1:9092,host2:9092",
      "  flotilla status --metrics host1:9644,host2:9644,host3:9644 --json"
    })
final class StatusCommand implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @Spec private CommandSpec spec;

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
  StatusCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    List<Status> answers = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      for (String address : metrics == null ? StatusAddresses.of(bootstrap, PATIENCE) : metrics) {
        ask(http, address).ifPresentOrElse(answers::add, () -> silent.add(address));
      }
    } catch (StatusAddresses.UnreachableException e) {
      return failed(1, e.getMessage());
    } catch (IllegalArgumentException e) {
      return failed(2, e.getMessage());
    }
    if (answers.isEmpty()) {
      return failed(1, "no answer from " + String.join(", ", silent));
    }
    ClusterStatus status = ClusterStatus.of(answers, silent);
    spec.commandLine().getOut().print(json ? status.json() : status.text());
    spec.commandLine().getOut().flush();
    return status.healthy() ? 0 : 1;
  }

  /**
   * Asks one node.
   *
   * @throws IllegalArgumentException if that is no address
   */
  private static Optional<Status> ask(HttpClient http, String address) throws InterruptedException {
    URI uri = URI.create("http://" + address + "/status");
    try {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(uri).timeout(PATIENCE).build(),
              HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? Status.parse(response.body()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private int failed(int status, @Nullable String reason) {
    spec.commandLine().getErr().println("flotilla: " + reason);
    return status;
  }
}
