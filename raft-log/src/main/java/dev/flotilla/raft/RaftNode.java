package dev.flotilla.raft;

import com.codahale.metrics.MetricRegistry;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * One Raft server of a node and the replicas it runs. Any thread may call any method; calls for
 * different groups run side by side, calls for the same group do not come at the same time.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class RaftNode implements AutoCloseable {

  /**
   * Starts it without any group.
   *
   * @throws java.io.IOException if the directory or the port cannot be used, or Ratis is not of the
   *     version it is built for
   */
  public static RaftNode start(RaftNodeConfig config, MetricRegistry metrics)
      throws java.io.IOException {
    throw new UnsupportedOperationException();
  }

  /** This node as other voters reach it, with its real port. */
  public Voter self() {
    throw new UnsupportedOperationException();
  }

  /** The groups whose replicas lie in the directory, whether they are open or not. */
  public Set<UUID> storedGroups() {
    throw new UnsupportedOperationException();
  }

  /**
   * Creates a replica on an empty place and starts it. A crash in the middle leaves a replica that
   * can be opened, or none.
   *
   * @param voters the group's first configuration, the same on all its nodes; an empty list makes a
   *     replica that waits to be added by the group's leader and does not vote
   * @throws IllegalStateException if the group is stored here
   */
  public ReplicatedLog createLog(
      UUID group, String name, List<Voter> voters, PartitionState state, ReplicaListener listener) {
    throw new UnsupportedOperationException();
  }

  /**
   * Opens, verifies and starts a stored replica with its stored configuration.
   *
   * @throws ReplicaQuarantinedException if its files cannot be trusted
   */
  public ReplicatedLog openLog(
      UUID group, String name, PartitionState state, ReplicaListener listener)
      throws ReplicaQuarantinedException {
    throw new UnsupportedOperationException();
  }

  /** As {@link #createLog}, for a log of commands. */
  public CommandLog createCommandLog(
      UUID group,
      String name,
      List<Voter> voters,
      CommandStateMachine stateMachine,
      CommandLogListener listener) {
    throw new UnsupportedOperationException();
  }

  /** As {@link #openLog}, for a log of commands. */
  public CommandLog openCommandLog(
      UUID group, String name, CommandStateMachine stateMachine, CommandLogListener listener)
      throws ReplicaQuarantinedException {
    throw new UnsupportedOperationException();
  }

  /**
   * Campaigns at once for a group that has no leader and of which this node is the first voter;
   * returns without waiting for the outcome.
   */
  public void campaign(UUID group) {
    throw new UnsupportedOperationException();
  }

  /** Stops a replica, its files stay. Does nothing if it does not run. */
  public void closeGroup(UUID group) {
    throw new UnsupportedOperationException();
  }

  /** Stops a replica and deletes its files, durably. Does nothing if there are none. */
  public void deleteGroup(UUID group) {
    throw new UnsupportedOperationException();
  }

  /** Writes checkpoints, stops all replicas and the server. */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
