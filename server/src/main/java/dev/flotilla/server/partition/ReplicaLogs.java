package dev.flotilla.server.partition;

import dev.flotilla.raft.PartitionState;
import dev.flotilla.raft.RaftNode;
import dev.flotilla.raft.ReplicaListener;
import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.Voter;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Where the replicated logs of partitions come from: a {@link RaftNode}, whose methods these are.
 */
public interface ReplicaLogs {

  /** See {@link RaftNode#storedGroups}. */
  Set<UUID> stored();

  /** See {@link RaftNode#createLog}. */
  ReplicatedLog create(
      UUID group,
      String name,
      String engine,
      List<Voter> voters,
      PartitionState state,
      ReplicaListener listener);

  /** See {@link RaftNode#openLog}. */
  ReplicatedLog open(
      UUID group, String name, String engine, PartitionState state, ReplicaListener listener)
      throws ReplicaQuarantinedException;

  /** See {@link RaftNode#campaign}. */
  void campaign(UUID group);

  /** The nodes whose replicas are caught up with the leader here; none if it does not lead. */
  Set<Integer> caughtUp(UUID group);

  /**
   * Hands the leadership of a group led here over to another node. Completes when that leads; fails
   * if it does not take over in time.
   */
  CompletableFuture<Void> transferLeadership(UUID group, int nodeId, Duration timeout);

  /** See {@link RaftNode#closeGroup}. */
  void close(UUID group);

  /** See {@link RaftNode#deleteGroup}. */
  void delete(UUID group);

  static ReplicaLogs of(RaftNode raft) {
    return new ReplicaLogs() {
      @Override
      public Set<UUID> stored() {
        return raft.storedGroups();
      }

      @Override
      public ReplicatedLog create(
          UUID group,
          String name,
          String engine,
          List<Voter> voters,
          PartitionState state,
          ReplicaListener listener) {
        return raft.createLog(group, name, engine, voters, state, listener);
      }

      @Override
      public ReplicatedLog open(
          UUID group, String name, String engine, PartitionState state, ReplicaListener listener)
          throws ReplicaQuarantinedException {
        return raft.openLog(group, name, engine, state, listener);
      }

      @Override
      public void campaign(UUID group) {
        raft.campaign(group);
      }

      @Override
      public Set<Integer> caughtUp(UUID group) {
        return raft.groups().caughtUp(group).stream()
            .map(Voter::nodeId)
            .collect(Collectors.toSet());
      }

      @Override
      public CompletableFuture<Void> transferLeadership(UUID group, int nodeId, Duration timeout) {
        return raft.groups().voters(group).stream()
            .filter(voter -> voter.nodeId() == nodeId)
            .findFirst()
            .map(voter -> raft.groups().transferLeadership(group, voter.peerId(), timeout))
            .orElseGet(() ->
                CompletableFuture.failedFuture(
                    new IllegalArgumentException("node " + nodeId + " is no voter of " + group)));
      }

      @Override
      public void close(UUID group) {
        raft.closeGroup(group);
      }

      @Override
      public void delete(UUID group) {
        raft.deleteGroup(group);
      }
    };
  }
}
