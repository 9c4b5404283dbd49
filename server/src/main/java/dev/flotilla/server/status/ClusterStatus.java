package dev.flotilla.server.status;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;

/**
 * What the nodes of a cluster say together. Of what all of them know, the newest metadata counts;
 * of its own replicas each node knows most.
 *
 * @param clusterId empty if no node knows it
 * @param metadataLeader a node id, or {@link Status#NOBODY}
 * @param nodes by id
 * @param partitions how many the cluster has
 * @param leaderless partitions that nobody serves
 * @param underReplicated partitions with a leader and with replicas that are not caught up
 * @param impaired replicas that do not take part
 * @param problems each in one line; none when all is well
 */
public record ClusterStatus(
    String clusterId,
    int metadataLeader,
    List<Node> nodes,
    int partitions,
    List<Status.PartitionState> leaderless,
    List<Status.PartitionState> underReplicated,
    List<Status.ReplicaState> impaired,
    List<String> problems) {

  private static final String ALIVE = "alive";

  /**
   * A node of the cluster.
   *
   * @param state "alive", "no answer", "fenced", or why it is not ready
   */
  public record Node(int id, List<String> addresses, String rack, String state) {}

  /**
   * Puts together what nodes answered.
   *
   * @param silent who was asked and did not answer, HOST:PORT of their metrics
   */
  public static ClusterStatus of(List<Status> answers, List<String> silent) {
    Optional<Status> newest =
        answers.stream()
            .max(
                Comparator.comparingLong(Status::metadataIndex)
                    .thenComparingInt(Status::metadataLeader));
    List<String> problems = new ArrayList<>();
    silent.forEach(address -> problems.add("no answer from " + address));
    if (newest.isEmpty()) {
      return new ClusterStatus(
          "", Status.NOBODY, List.of(), 0, List.of(), List.of(), List.of(), problems);
    }
    Status seen = newest.get();
    Map<Integer, Status> byNode = new TreeMap<>();
    answers.forEach(answer -> byNode.put(answer.node(), answer));
    List<Node> nodes = nodes(seen, byNode);
    List<Status.ReplicaState> impaired = impaired(answers);
    if (seen.metadataLeader() == Status.NOBODY) {
      problems.add("nobody leads the metadata group");
    }
    for (Node node : nodes) {
      if (!node.state().equals(ALIVE)) {
        problems.add("node %d: %s".formatted(node.id(), node.state()));
      }
    }
    count(problems, seen.leaderless().size(), "without a leader");
    count(problems, seen.underReplicated().size(), "under-replicated");
    if (!impaired.isEmpty()) {
      problems.add(impaired.size() + " replicas quarantined or rebuilding");
    }
    return new ClusterStatus(
        seen.clusterId(),
        seen.metadataLeader(),
        nodes,
        seen.partitions(),
        seen.leaderless(),
        seen.underReplicated(),
        impaired,
        problems);
  }

  private static void count(List<String> problems, int count, String what) {
    if (count > 0) {
      problems.add(count + " partitions " + what);
    }
  }

  private static List<Node> nodes(Status seen, Map<Integer, Status> answers) {
    Map<Integer, Node> nodes = new TreeMap<>();
    // Those that answer without having registered are starting.
    answers.forEach((id, answer) ->
        nodes.put(id, new Node(id, List.of(), "", "not ready: " + answer.notReady())));
    for (Status.NodeState node : seen.nodes()) {
      String state = ALIVE;
      if (!answers.containsKey(node.id())) {
        state = node.fenced() ? "fenced" : "no answer";
      } else if (!answers.get(node.id()).notReady().isEmpty()) {
        state = "not ready: " + answers.get(node.id()).notReady();
      } else if (node.fenced()) {
        state = "fenced";
      }
      nodes.put(node.id(), new Node(node.id(), node.addresses(), node.rack(), state));
    }
    return List.copyOf(nodes.values());
  }

  /** A rebuild is seen by all, the reason of a quarantine by the node itself. */
  private static List<Status.ReplicaState> impaired(List<Status> answers) {
    Map<String, Status.ReplicaState> byReplica = new LinkedHashMap<>();
    SequencedSet<Status.ReplicaState> all = new LinkedHashSet<>();
    answers.forEach(answer -> all.addAll(answer.impaired()));
    for (Status.ReplicaState each : all) {
      String replica = each.topic() + "-" + each.partition() + "@" + each.node();
      byReplica.merge(
          replica,
          each,
          (first, second) ->
              new Status.ReplicaState(
                  first.topic(),
                  first.partition(),
                  first.node(),
                  first.state().equals(Status.QUARANTINED) ? second.state() : first.state(),
                  first.reason().isEmpty() ? second.reason() : first.reason()));
    }
    return List.copyOf(byReplica.values());
  }

  public boolean healthy() {
    return problems.isEmpty();
  }

  public String json() {
    return Status.json(this);
  }

  /** For people. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        "cluster %s, metadata led by %s%n"
            .formatted(
                clusterId.isEmpty() ? "unknown" : clusterId,
                metadataLeader == Status.NOBODY ? "nobody" : "node " + metadataLeader));
    for (Node node : nodes) {
      text.append(
          "node %d  %s  %s%s%n"
              .formatted(
                  node.id(),
                  node.addresses().isEmpty() ? "-" : String.join(" ", node.addresses()),
                  node.state(),
                  node.rack().isEmpty() ? "" : "  rack " + node.rack()));
    }
    text.append(
        "partitions %d: %d without a leader, %d under-replicated, %d replicas impaired%n"
            .formatted(partitions, leaderless.size(), underReplicated.size(), impaired.size()));
    leaderless.forEach(each ->
        text.append(
            "  %s-%d: no leader, replicas %s%n"
                .formatted(each.topic(), each.partition(), each.replicas())));
    underReplicated.forEach(each ->
        text.append(
            "  %s-%d: led by %d, caught up %s of %s%n"
                .formatted(
                    each.topic(),
                    each.partition(),
                    each.leader(),
                    each.caughtUp(),
                    each.replicas())));
    impaired.forEach(each ->
        text.append(
            "  %s-%d on node %d: %s%s%n"
                .formatted(
                    each.topic(),
                    each.partition(),
                    each.node(),
                    each.state(),
                    each.reason().isEmpty() ? "" : ", " + each.reason())));
    text.append(healthy() ? "all is well%n".formatted() : "");
    problems.forEach(problem -> text.append("wrong: %s%n".formatted(problem)));
    return text.toString();
  }
}
