package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.proto.metadata.Rebuild;
import dev.flotilla.server.metadata.ReplicaRebuild.Step;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;

/**
 * The rebuilds of replicas in the metadata. Any thread may call; nothing blocks.
 *
 * <p>A step is put only if nothing has changed since the one before was looked at: so what a crash
 * or a slow network delays cannot undo a later step.
 */
public final class Rebuilds {

  /** No entity has this version. */
  private static final long NEVER = -1;

  private final Metadata metadata;

  public Rebuilds(Metadata metadata) {
    this.metadata = metadata;
  }

  /**
   * Calls now, and whenever rebuilds, partitions, their leaders or nodes have changed; it returns
   * at once.
   */
  public void follow(Runnable news) {
    metadata.addPublisher((delta, image) -> {
      if (delta.topicsDelta() != null || delta.clusterDelta() != null) {
        news.run();
      }
    });
  }

  /** All that are under way, in the order of their partitions and nodes' names. */
  public List<ReplicaRebuild> all() {
    return metadata.startingWith(EntityKey.REBUILDS).values().stream()
        .map(ReplicaRebuild::of)
        .toList();
  }

  Optional<ReplicaRebuild> find(Uuid topicId, int partition, int nodeId) {
    return metadata.find(EntityKey.rebuild(topicId, partition, nodeId)).map(ReplicaRebuild::of);
  }

  Optional<Assignment> assignment(Uuid topicId, int partition) {
    return metadata.find(EntityKey.partition(topicId, partition)).map(Assignment::of);
  }

  /**
   * Whether the rebuild of a replica that cannot be used is still to begin, or to begin anew: not
   * where it has begun, where the partition has too few replicas for it, or is gone.
   *
   * @param directory where it would be made
   */
  boolean isToBegin(Replica replica, int nodeId, Uuid directory) {
    var topicId = replica.partition().topicId();
    var partition = replica.partition().partition();
    return assignment(topicId, partition).filter(Assignment::canBeRebuilt).isPresent()
        && find(topicId, partition, nodeId)
            .filter(rebuild -> hasBegun(rebuild, directory))
            .isEmpty();
  }

  /**
   * Begins the rebuild of a replica, or begins it anew.
   *
   * @param directory where it is made
   * @param reason why, for the operator
   */
  public CompletableFuture<Outcome> begin(
      Replica replica, int nodeId, Uuid directory, String reason) {
    var topicId = replica.partition().topicId();
    var partition = replica.partition().partition();
    var key = EntityKey.rebuild(topicId, partition, nodeId);
    var before = find(topicId, partition, nodeId);
    var quarantined =
        Rebuild.newBuilder()
            .setTopicId(EntityKey.bytes(topicId))
            .setPartition(partition)
            .setNodeId(nodeId)
            .setDirectoryId(EntityKey.bytes(directory))
            .setStep(Rebuild.Step.QUARANTINED)
            .setReason(reason);
    return metadata.submit(
        new Commands()
            // A partition that is gone must not be expected to be absent.
            .expect(
                EntityKey.partition(topicId, partition),
                assignment(topicId, partition).map(Assignment::version).orElse(NEVER))
            .expect(key, before.map(ReplicaRebuild::version).orElse(0L))
            .put(Entity.newBuilder().setRebuild(quarantined).build())
            .build());
  }

  private static boolean hasBegun(ReplicaRebuild rebuild, Uuid directory) {
    return rebuild.directory().equals(directory) && rebuild.step() != Step.EMPTY;
  }

  /** No voter of the node is left, which is committed. */
  public CompletableFuture<Outcome> removed(ReplicaRebuild quarantined) {
    return advance(quarantined, Rebuild.Step.REMOVED);
  }

  /** The replica was wiped and made again, and does not vote. */
  public CompletableFuture<Outcome> emptied(ReplicaRebuild removed) {
    return advance(removed, Rebuild.Step.EMPTY);
  }

  private CompletableFuture<Outcome> advance(ReplicaRebuild from, Rebuild.Step to) {
    var stored = metadata.find(key(from)).filter(present -> present.version() == from.version());
    return stored.isEmpty()
        ? gone(from)
        : metadata.submit(
            new Commands()
                .expect(key(from), from.version())
                .put(
                    Entity.newBuilder()
                        .setRebuild(stored.get().entity().getRebuild().toBuilder().setStep(to))
                        .build())
                .build());
  }

  /**
   * The replica votes again, which is committed: the rebuild is over, and the partition names the
   * directory it has now.
   */
  public CompletableFuture<Outcome> added(ReplicaRebuild empty) {
    var partitionKey = EntityKey.partition(empty.topicId(), empty.partition());
    var stored = metadata.find(partitionKey);
    if (stored.isEmpty() || empty.step() != Step.EMPTY) {
      return gone(empty);
    }
    var partition = stored.get().entity().getPartition();
    var place = partition.getReplicasList().indexOf(empty.nodeId());
    var changed = partition.toBuilder();
    if (place >= 0 && place < partition.getDirectoryIdsCount()) {
      changed.setDirectoryIds(place, EntityKey.bytes(empty.directory()));
    }
    return metadata.submit(
        new Commands()
            .expect(key(empty), empty.version())
            .expect(partitionKey, stored.get().version())
            .delete(key(empty))
            .put(Entity.newBuilder().setPartition(changed).build())
            .build());
  }

  private static CompletableFuture<Outcome> gone(ReplicaRebuild rebuild) {
    return CompletableFuture.completedFuture(
        new Outcome.Conflict(rebuild.version(), List.of(key(rebuild))));
  }

  private static String key(ReplicaRebuild rebuild) {
    return EntityKey.rebuild(rebuild.topicId(), rebuild.partition(), rebuild.nodeId());
  }
}
