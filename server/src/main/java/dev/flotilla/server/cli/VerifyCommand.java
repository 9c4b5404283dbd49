package dev.flotilla.server.cli;

import dev.flotilla.server.status.DigestComparison;
import dev.flotilla.server.status.NodePages;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code flotilla verify}: whether the replicas of each partition hold the same records. The short
 * form of {@code flotilla storage digest}, from when there was nothing else to verify.
 */
@Command(
    name = "verify",
    description = {
      "Compares the replicas of every partition: the digest of all records up to the newest entry"
          + " that all replicas have. The short form of: flotilla storage digest.",
      "Status 0: all that could be compared agree. 1: replicas differ, or a node does not answer."
          + " 2: wrong usage."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  flotilla verify                                 of the cluster of 127.0.0.1:9092",
      "  flotilla verify --metrics host1:9644,host2:9644,host3:9644 --json"
    })
final class VerifyCommand implements Callable<Integer> {

  @Mixin private AskedNodes asked;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  VerifyCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    return compare(asked);
  }

  /** Compares the replicas of the nodes that are asked, and prints what came of it. */
  static int compare(AskedNodes asked) throws InterruptedException {
    return asked.ask(nodes -> compare(asked, nodes));
  }

  private static int compare(AskedNodes asked, List<NodePages> nodes) {
    List<String> silent =
        nodes.stream().filter(node -> node.status().isEmpty()).map(NodePages::address).toList();
    if (!silent.isEmpty()) {
      return asked.silence(silent);
    }
    DigestComparison comparison = DigestComparison.of(nodes);
    asked.print(comparison.text(), comparison.json());
    return comparison.agrees() ? 0 : 1;
  }
}
