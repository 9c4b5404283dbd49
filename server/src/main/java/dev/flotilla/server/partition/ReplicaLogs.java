package dev.flotilla.server.partition;

import dev.flotilla.raft.PartitionState;
import dev.flotilla.raft.RaftNode;
import dev.flotilla.raft.ReplicaListener;
import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.Voter;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Where the replicated logs of partitions come from: a {@link RaftNode}, whose methods these are.
 */
public interface ReplicaLogs {

  /** See {@link RaftNode#storedGroups}. */
  Set<UUID> stored();

  /** See {@link RaftNode#createLog}. */
  ReplicatedLog create(
      UUID group, String name, List<Voter> voters, PartitionState state, ReplicaListener listener);

  /** See {@link RaftNode#openLog}. */
  ReplicatedLog open(UUID group, String name, PartitionState state, ReplicaListener listener)
      throws ReplicaQuarantinedException;

  /** See {@link RaftNode#campaign}. */
  void campaign(UUID group);

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
          List<Voter> voters,
          PartitionState state,
          ReplicaListener listener) {
        return raft.createLog(group, name, voters, state, listener);
      }

      @Override
      public ReplicatedLog open(
          UUID group, String name, PartitionState state, ReplicaListener listener)
          throws ReplicaQuarantinedException {
        return raft.openLog(group, name, state, listener);
      }

      @Override
      public void campaign(UUID group) {
        raft.campaign(group);
      }

      @Override
      public void delete(UUID group) {
        raft.deleteGroup(group);
      }
    };
  }
}
