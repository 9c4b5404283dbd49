package dev.flotilla.server.forming;

import dev.flotilla.server.config.ClusterNodes;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Finds the place of an empty node: asks all nodes again and again, until it finds a formed
 * cluster, is made part of one that is being formed, or forms one itself.
 *
 * <p>It forms one only when every node of the list answers, is empty and has the same list, and
 * only as the one with the lowest id. So two nodes never form two clusters: each would have to have
 * the lower id.
 */
public final class Discovery {

  private static final Duration AGAIN = Duration.ofMillis(250);

  private final Enrollment enrollment;
  private final ClusterNodes nodes;
  private final Greetings greetings;
  private final Supplier<String> clusterIds;
  private final Failpoints failpoints;

  /**
   * For a node of a list.
   *
   * @param clusterIds makes a new cluster's id
   */
  public Discovery(
      Enrollment enrollment,
      ClusterNodes nodes,
      Greetings greetings,
      Supplier<String> clusterIds,
      Failpoints failpoints) {
    this.enrollment = enrollment;
    this.nodes = nodes;
    this.greetings = greetings;
    this.clusterIds = clusterIds;
    this.failpoints = failpoints;
  }

  /**
   * Returns when this node has a place; at once if it has one already.
   *
   * @param offsetsPartitions of the cluster, if this node forms it
   * @throws RefusedStartException if it must not have one
   */
  public Place findPlace(int offsetsPartitions, WaitingLine line)
      throws RefusedStartException, IOException, InterruptedException {
    while (enrollment.place() instanceof Place.Empty) {
      var answers = greetings.ask();
      var self = HelloHandler.answer(enrollment, nodes);
      switch (Verdict.ofEmpty(self, nodes, answers)) {
        case Verdict.Refuse(var reason) -> throw new RefusedStartException(reason);
        case Verdict.Join(var clusterId) -> enrollment.join(clusterId);
        case Verdict.Form form -> {
          answers.put(self.getNodeId(), self);
          var record = Members.record(clusterIds.get(), nodes, answers.values(), offsetsPartitions);
          failpoints.reached(Failpoints.Step.RECORD_CHOSEN);
          enrollment.form(record);
        }
        case Verdict.Wait(var whom) -> {
          line.waitsFor(whom);
          enrollment.awaitPlace(AGAIN);
        }
      }
    }
    return enrollment.place();
  }
}
