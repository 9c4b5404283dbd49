package dev.flotilla.server.forming;

import dev.flotilla.proto.peer.HelloAnswer;
import dev.flotilla.proto.peer.HelloAnswer.State;
import dev.flotilla.server.config.ClusterNodes;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What a node makes of the answers of all. */
sealed interface Verdict {

  /** It must not start, for the reason given. */
  record Refuse(String reason) implements Verdict {}

  /** It belongs to a cluster that was formed. */
  record Join(String clusterId) implements Verdict {}

  /** All are there and empty, and this node is the first: it forms the cluster. */
  record Form() implements Verdict {}

  /** It asks again. */
  record Wait(String whom) implements Verdict {}

  /**
   * Judges for a node that is empty.
   *
   * @param self the node as it would answer
   * @param answers by the id that {@code nodes} has at the address that answered
   */
  static Verdict ofEmpty(HelloAnswer self, ClusterNodes nodes, Map<Integer, HelloAnswer> answers) {
    var wrong = misplaced(self, nodes, answers);
    if (wrong.isPresent()) {
      return new Refuse(wrong.get());
    }
    var formed = new TreeSet<String>();
    answers.values().stream()
        .filter(answer -> answer.getState() == State.FORMED)
        .forEach(answer -> formed.add(answer.getClusterId()));
    if (formed.size() > 1) {
      return new Refuse("cluster.nodes names nodes of different clusters: " + formed);
    }
    if (formed.size() == 1) {
      return new Join(formed.first());
    }
    return ofUnformed(self, nodes, answers);
  }

  private static Verdict ofUnformed(
      HelloAnswer self, ClusterNodes nodes, Map<Integer, HelloAnswer> answers) {
    var others = new TreeMap<>(answers);
    others.remove(self.getNodeId());
    var differing =
        others.values().stream()
            .filter(answer -> !answer.getNodesDigest().equals(self.getNodesDigest()))
            .map(HelloAnswer::getNodeId)
            .toList();
    var agreeing = 1 + others.size() - differing.size();
    if (!differing.isEmpty()) {
      var reason =
          "cluster.nodes is not the same on all nodes: here it is %s, and another list on node %s"
              .formatted(nodes, text(differing));
      return agreeing * 2 > nodes.addresses().size() ? new Wait(reason) : new Refuse(reason);
    }
    if (agreeing < nodes.addresses().size()) {
      return new Wait(missing(nodes, answers, self.getNodeId()));
    }
    if (others.values().stream().allMatch(answer -> answer.getState() == State.EMPTY)
        && others.keySet().stream().allMatch(id -> id > self.getNodeId())) {
      return new Form();
    }
    return new Wait("the cluster to be formed; all its nodes are there");
  }

  /** Why a node must not go on, at whatever stage; empty if it may. */
  static Optional<String> misplaced(
      HelloAnswer self, ClusterNodes nodes, Map<Integer, HelloAnswer> answers) {
    for (var entry : answers.entrySet()) {
      var answer = entry.getValue();
      var address = nodes.addresses().get(entry.getKey());
      if (answer.getNodeId() != entry.getKey()) {
        return Optional.of(
            "cluster.nodes has node %d at %s, where node %d answers"
                .formatted(entry.getKey(), address, answer.getNodeId()));
      }
      if (answer.getNodeId() == self.getNodeId() && !answer.getPeerId().equals(self.getPeerId())) {
        return Optional.of(
            "another node %d, with another data directory, answers at %s"
                .formatted(self.getNodeId(), address));
      }
    }
    return Optional.empty();
  }

  /** Why a node of a cluster must not go on: those of another cluster are more than its own. */
  static Optional<String> outnumbered(HelloAnswer self, Map<Integer, HelloAnswer> answers) {
    var others =
        answers.values().stream()
            .filter(answer -> answer.getState() == State.FORMED)
            .filter(answer -> !answer.getClusterId().equals(self.getClusterId()))
            .toList();
    var own =
        answers.values().stream()
            .filter(answer -> answer.getNodeId() != self.getNodeId())
            .filter(answer -> answer.getClusterId().equals(self.getClusterId()))
            .count();
    return others.size() > 1 + own
        ? Optional.of(
            "the data directory of node %d is of cluster %s, other nodes are of cluster %s: node %s"
                .formatted(
                    self.getNodeId(),
                    self.getClusterId(),
                    others.getFirst().getClusterId(),
                    text(others.stream().map(HelloAnswer::getNodeId).toList())))
        : Optional.empty();
  }

  /** Those who do not answer, with their addresses. */
  static String missing(ClusterNodes nodes, Map<Integer, HelloAnswer> answers, int self) {
    return nodes.addresses().entrySet().stream()
        .filter(node -> node.getKey() != self && !answers.containsKey(node.getKey()))
        .map(node -> "node " + node.getKey() + " (" + node.getValue() + ")")
        .collect(Collectors.joining(", "));
  }

  private static String text(java.util.List<Integer> ids) {
    return ids.stream().sorted().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
