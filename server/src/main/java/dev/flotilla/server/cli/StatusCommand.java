package dev.flotilla.server.cli;

import dev.flotilla.server.status.ClusterStatus;
import dev.flotilla.server.status.NodePages;
import dev.flotilla.server.status.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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

  @Mixin private AskedNodes asked;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  StatusCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    return asked.ask(this::print);
  }

  private int print(List<NodePages> nodes) {
    List<Status> answers = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    nodes.forEach(
        node -> node.status().ifPresentOrElse(answers::add, () -> silent.add(node.address())));
    if (answers.isEmpty()) {
      return asked.silence(silent);
    }
    ClusterStatus status = ClusterStatus.of(answers, silent);
    asked.print(status.text(), status.json());
    return status.healthy() ? 0 : 1;
  }
}
