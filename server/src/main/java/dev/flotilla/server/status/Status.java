package dev.flotilla.server.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Optional;

/**
 * How a cluster is, as one node sees it: the same for all of them as far as it comes from metadata,
 * each its own as far as it is about the replicas that it holds.
 *
 * @param node who says so
 * @param clusterId the cluster's id, empty while it is not known
 * @param notReady why the node does not serve clients, empty when it does
 * @param metadataLeader the node that leads the metadata group, or {@link #NOBODY}
 * @param metadataIndex how new the metadata is that this comes from
 * @param nodes all that ever registered
 * @param partitions how many the cluster has
 * @param leaderless partitions that nobody serves
 * @param underReplicated partitions with a leader and with replicas that are not caught up
 * @param impaired replicas that do not take part, with the reason or the step of their rebuild
 */
public record Status(
    int node,
    String clusterId,
    String notReady,
    int metadataLeader,
    long metadataIndex,
    List<NodeState> nodes,
    int partitions,
    List<PartitionState> leaderless,
    List<PartitionState> underReplicated,
    List<ReplicaState> impaired) {

  public static final int NOBODY = -1;
  public static final String QUARANTINED = "quarantined";

  /** Other versions may know more or less. */
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /**
   * A registered node.
   *
   * @param addresses how clients reach it, HOST:PORT
   * @param fenced whether it gave no sign of life for so long that it is taken for dead
   */
  public record NodeState(int id, List<String> addresses, String rack, boolean fenced) {}

  /**
   * A partition.
   *
   * @param leader a node id, or {@link #NOBODY}
   * @param caughtUp the replicas that are, in the protocol's words the ISR
   */
  public record PartitionState(
      String topic, int partition, int leader, List<Integer> replicas, List<Integer> caughtUp) {}

  /**
   * A replica that does not take part.
   *
   * @param state "quarantined", or the step at which its rebuild is
   * @param reason why, empty if it is not known here
   */
  public record ReplicaState(String topic, int partition, int node, String state, String reason) {}

  /** The status of a node that does not know its cluster yet. */
  public static Status of(int node, String notReady) {
    return new Status(
        node, "", notReady, NOBODY, -1, List.of(), 0, List.of(), List.of(), List.of());
  }

  public String json() {
    return json(this);
  }

  static String json(Object value) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Empty if the text is no status. */
  public static Optional<Status> parse(String json) {
    return parse(json, Status.class);
  }

  static <T> Optional<T> parse(String json, Class<T> type) {
    try {
      return Optional.ofNullable(JSON.readValue(json, type));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
