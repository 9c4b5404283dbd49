package dev.flotilla.server.rebuild;

import dev.flotilla.raft.Groups;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.partition.Partitions;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Who votes in the groups of partitions, as their leader sees and changes it. */
public interface GroupVoters {

  /** Whether this node leads a group, and may change its voters. */
  boolean leads(UUID group);

  /** See {@link Groups#voters}. */
  List<Voter> voters(UUID group);

  /** See {@link Groups#addVoter}. */
  CompletableFuture<Void> add(UUID group, Voter voter);

  /** See {@link Groups#removeVoter}. */
  CompletableFuture<Void> remove(UUID group, String peerId);

  static GroupVoters of(Partitions partitions, Groups groups) {
    return new GroupVoters() {
      @Override
      public boolean leads(UUID group) {
        return partitions.leads(group);
      }

      @Override
      public List<Voter> voters(UUID group) {
        return groups.voters(group);
      }

      @Override
      public CompletableFuture<Void> add(UUID group, Voter voter) {
        return groups.addVoter(group, voter);
      }

      @Override
      public CompletableFuture<Void> remove(UUID group, String peerId) {
        return groups.removeVoter(group, peerId);
      }
    };
  }
}
