package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Broker;
import dev.flotilla.raft.Voter;
import org.apache.kafka.common.Uuid;

/**
 * A node as the metadata knows it.
 *
 * @param incarnation random at each start of its process
 * @param epoch index of the command that registered it: its broker epoch in Kafka's words
 * @param directory its data directory
 * @param data how its data groups are reached
 * @param state what it may do
 * @param version of its entity: what was decided by this state names it as a precondition
 */
public record RegisteredNode(
    int nodeId,
    Uuid incarnation,
    long epoch,
    Uuid directory,
    Voter data,
    State state,
    long version) {

  /**
   * What a node may do.
   *
   * <pre>
   *   registered -> FENCED -- serves clients --> SERVING -- wants to stop --> STOPPING
   *   SERVING -- not heard of --> FENCED -- heard of again --> SERVING
   *   STOPPING -- has stopped, or not heard of --> FENCED
   * </pre>
   */
  public enum State {
    /** Clients do not hear of it, and it gets replicas only where no others are left. */
    FENCED,
    SERVING,
    /** It serves what it still leads, and gets no new replicas. */
    STOPPING
  }

  static RegisteredNode of(EntityChange.Stored stored) {
    var broker = stored.entity().getBroker();
    return new RegisteredNode(
        broker.getNodeId(),
        EntityKey.uuid(broker.getIncarnationId()),
        Registrations.epoch(stored),
        EntityKey.uuid(broker.getDirectoryId()),
        new Voter(
            broker.getDataPeer().getPeerId(),
            broker.getNodeId(),
            broker.getDataPeer().getHost(),
            broker.getDataPeer().getPort()),
        state(broker),
        stored.version());
  }

  private static State state(Broker broker) {
    if (broker.getFenced()) {
      return State.FENCED;
    }
    return broker.getInControlledShutdown() ? State.STOPPING : State.SERVING;
  }

  /** The name of a node in the groups of partitions: what lies in one data directory of it. */
  public static String peerId(int nodeId, Uuid directory) {
    return nodeId + "-" + directory;
  }

  /** A node as it is reached now, with the name it has in another data directory. */
  static Voter voter(Voter present, Uuid directory) {
    return new Voter(
        peerId(present.nodeId(), directory), present.nodeId(), present.host(), present.port());
  }
}
