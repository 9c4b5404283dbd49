package dev.flotilla.server.metadata;

import dev.flotilla.raft.Voter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Uuid;

/**
 * This node's part in the rebuild of its replicas: says what may become of each, and tells the
 * metadata what became of it.
 *
 * <p>A replica that is unusable here is put into the metadata as quarantined, unless it is already,
 * or removed, in this node's data directory: so damage in the middle of a rebuild, or a second lost
 * disk, begins it anew. It belongs to the reconciler's thread.
 */
final class OwnRebuilds {

  /** How many commands wait for the metadata at a time. */
  private static final int COMMANDS = 64;

  private final Metadata metadata;
  private final Rebuilds rebuilds;
  private final int nodeId;
  private final Uuid directory;
  private final UnderWay commands;

  /** What this process has made empty, with the version of the rebuild under which it did. */
  private final Map<UUID, Long> emptied = new ConcurrentHashMap<>();

  /**
   * Of one node.
   *
   * @param directory its data directory
   * @param news told when a command has ended
   */
  OwnRebuilds(Metadata metadata, int nodeId, Uuid directory, Runnable news) {
    this.metadata = metadata;
    this.rebuilds = new Rebuilds(metadata);
    this.nodeId = nodeId;
    this.directory = directory;
    this.commands = new UnderWay(COMMANDS, news);
  }

  /** What may become of a replica here, as far as the metadata says. */
  sealed interface Turn {

    /** It may be opened, and created if it never was. */
    record Use() implements Turn {}

    /** It was made here without a vote: it may be opened, and must be there. */
    record Keep() implements Turn {}

    /** It is closed, and somebody else's turn. */
    record Wait(String reason) implements Turn {}

    /** It is no voter: it is made anew, without a vote. */
    record MakeAnew(ReplicaRebuild removed) implements Turn {}

    /** What lies here, if anything, is not what votes for this node. */
    record Unusable(String reason) implements Turn {}

    /** The metadata no longer knows it, the image will follow. */
    record Nothing() implements Turn {}
  }

  Turn turn(Replica replica) {
    // The rebuild first: when it is over, the partition that names its directory is there before
    // it is gone.
    var rebuild = rebuild(replica);
    return assignment(replica)
        .map(assignment -> turn(assignment, rebuild))
        .orElseGet(Turn.Nothing::new);
  }

  private Optional<ReplicaRebuild> rebuild(Replica replica) {
    return rebuilds.find(replica.partition().topicId(), replica.partition().partition(), nodeId);
  }

  private Optional<Assignment> assignment(Replica replica) {
    return rebuilds.assignment(replica.partition().topicId(), replica.partition().partition());
  }

  private Turn turn(Assignment assignment, Optional<ReplicaRebuild> rebuild) {
    if (rebuild.isPresent()) {
      return rebuild.get().directory().equals(directory)
          ? turn(rebuild.get())
          : new Turn.Unusable("it was being rebuilt in another data directory");
    }
    var assigned = assignment.directory(nodeId);
    return assigned.isPresent() && !assigned.get().equals(directory)
        ? new Turn.Unusable("it was in data directory %s, which is lost".formatted(assigned.get()))
        : new Turn.Use();
  }

  private static Turn turn(ReplicaRebuild rebuild) {
    return switch (rebuild.step()) {
      case QUARANTINED -> new Turn.Wait(rebuild.reason());
      case REMOVED -> new Turn.MakeAnew(rebuild);
      case EMPTY -> new Turn.Keep();
    };
  }

  /** The nodes of a replica's partition; none if the metadata no longer knows it. */
  List<Integer> nodes(Replica replica) {
    return assignment(replica).map(Assignment::nodes).orElse(List.of());
  }

  /** The first configuration of a replica's group; none as long as a node has not registered. */
  Optional<List<Voter>> firstVoters(Replica replica) {
    return assignment(replica).flatMap(assignment -> assignment.firstVoters(metadata::voter));
  }

  /** Whether the others can make a replica anew. */
  boolean canBeRebuilt(Replica replica) {
    return assignment(replica).filter(Assignment::canBeRebuilt).isPresent();
  }

  /** Tells that a replica cannot be used, where the others can make it anew. */
  void unusable(Replica replica, String reason) {
    if (rebuilds.isToBegin(replica, nodeId, directory)) {
      commands.begin(
          "quarantine of " + replica, () -> rebuilds.begin(replica, nodeId, directory, reason));
    }
  }

  /** Whether a replica was made empty by this process since it was removed. */
  boolean isEmptied(ReplicaRebuild removed) {
    return Long.valueOf(removed.version()).equals(emptied.get(removed.group()));
  }

  /** Tells that a replica was made anew, without a vote; to be repeated until it is known. */
  void emptied(ReplicaRebuild removed) {
    emptied.put(removed.group(), removed.version());
    commands.begin(removed + " becomes empty", () -> rebuilds.emptied(removed));
  }
}
