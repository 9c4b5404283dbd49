package dev.flotilla.server.metadata;

import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.Voter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Creates, opens and deletes the replicas of partitions on this node; the reconciler says when.
 * Calls for different replicas run side by side on virtual threads and may block; calls for one
 * replica come one after another.
 */
public interface ReplicaLifecycle {

  /** The groups of partitions whose replicas lie on this node's disk, running or not. */
  Set<UUID> stored();

  /** The groups of partitions whose replicas run. */
  Set<UUID> running();

  /**
   * Creates a replica that is not stored, and starts it. It is durable on return. A crash in the
   * middle leaves a replica that can be opened, or none. Where this node is the first of the
   * voters, it campaigns at once.
   *
   * @param voters the partition's replicas in the order of its metadata, this node among them
   */
  void create(Replica replica, List<Voter> voters);

  /**
   * Creates a replica that is not stored, and starts it: it waits to be added by its partition's
   * leader, and does not vote before. It is durable on return. A crash in the middle leaves a
   * replica that can be opened, or none.
   *
   * @param nodes the nodes of the partition's replicas in the order of its metadata
   */
  void createEmpty(Replica replica, List<Integer> nodes);

  /**
   * Opens, verifies and starts a stored replica. Where this node is the first replica of the
   * partition, it campaigns at once.
   *
   * @param nodes as the metadata has them now; the replica keeps its own stored configuration
   * @throws ReplicaQuarantinedException if its files cannot be trusted; nothing was changed
   */
  void open(Replica replica, List<Integer> nodes) throws ReplicaQuarantinedException;

  /**
   * The replicas that were started and turned out to be damaged, with the reason, until they are
   * closed: they serve nothing and do not vote.
   */
  Map<UUID, String> damaged();

  /** Calls whenever there are more of those; it returns at once. To be called before any opens. */
  void onDamage(Runnable news);

  /**
   * Stops a replica, its files stay. Whoever waits for it is told that it is not here. Does nothing
   * if it does not run.
   */
  void close(Replica replica);

  /**
   * Stops a replica if it runs and deletes its files, durably. Whoever waits for it is told that
   * the partition is gone. Does nothing if there is none; after a crash in the middle it is called
   * again.
   */
  void delete(Replica replica);
}
