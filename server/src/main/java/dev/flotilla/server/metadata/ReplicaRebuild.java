package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Rebuild;
import java.util.UUID;
import org.apache.kafka.common.Uuid;

/**
 * How far the rebuild of a replica is, as the metadata has it.
 *
 * <pre>
 *   none -- the node finds its replica unusable, and closes it --> QUARANTINED
 *   QUARANTINED -- the leader has removed the node's voters, committed --> REMOVED
 *   REMOVED -- the node has wiped it, and made it again without a vote --> EMPTY
 *   EMPTY -- the leader has added it, committed --> none
 *   REMOVED, EMPTY -- the node finds it unusable again --> QUARANTINED
 * </pre>
 *
 * @param directory where it is made
 * @param reason why, for the operator
 * @param version of its entity: what is decided by this step names it as a precondition
 */
public record ReplicaRebuild(
    Uuid topicId,
    int partition,
    int nodeId,
    Uuid directory,
    Step step,
    String reason,
    long version) {

  /** What was done last. */
  public enum Step {
    /** The replica is closed, and may still be a voter. */
    QUARANTINED,
    /** It is no voter. */
    REMOVED,
    /** It was made anew, and waits to be a voter. */
    EMPTY
  }

  static ReplicaRebuild of(EntityChange.Stored stored) {
    var rebuild = stored.entity().getRebuild();
    return new ReplicaRebuild(
        EntityKey.uuid(rebuild.getTopicId()),
        rebuild.getPartition(),
        rebuild.getNodeId(),
        EntityKey.uuid(rebuild.getDirectoryId()),
        step(rebuild.getStep()),
        rebuild.getReason(),
        stored.version());
  }

  /** What a later version may have written is left to it: it begins anew. */
  private static Step step(Rebuild.Step step) {
    return switch (step) {
      case REMOVED -> Step.REMOVED;
      case EMPTY -> Step.EMPTY;
      case QUARANTINED, STEP_UNSPECIFIED, UNRECOGNIZED -> Step.QUARANTINED;
    };
  }

  /** The Raft group of the partition. */
  public UUID group() {
    return Replica.groupOf(topicId, partition);
  }

  @Override
  public String toString() {
    return "the rebuild of %s-%d on node %d at %s".formatted(topicId, partition, nodeId, step);
  }
}
