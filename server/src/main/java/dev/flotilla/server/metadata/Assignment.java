package dev.flotilla.server.metadata;

import dev.flotilla.raft.Voter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import org.apache.kafka.common.Uuid;

/**
 * Where the replicas of a partition belong, as the metadata has it.
 *
 * @param nodes the nodes, the preferred leader first
 * @param directories the data directory of each, in the same order; none where each node's present
 *     one counts
 * @param version of the partition's entity
 */
record Assignment(List<Integer> nodes, List<Uuid> directories, long version) {

  /** Of fewer replicas none is removed and added again: there would be no majority meanwhile. */
  private static final int LEAST_TO_REBUILD = 3;

  static Assignment of(EntityChange.Stored stored) {
    var partition = stored.entity().getPartition();
    return new Assignment(
        List.copyOf(partition.getReplicasList()),
        partition.getDirectoryIdsList().stream().map(EntityKey::uuid).toList(),
        stored.version());
  }

  /** The directory whose peer votes for a node; empty where its present one does. */
  Optional<Uuid> directory(int nodeId) {
    var place = nodes.indexOf(nodeId);
    return place >= 0 && place < directories.size()
        ? Optional.of(directories.get(place))
        : Optional.empty();
  }

  /** Whether a replica can be made anew from the others. */
  boolean canBeRebuilt() {
    return nodes.size() >= LEAST_TO_REBUILD;
  }

  /**
   * The first configuration of the partition's group: the same on all its nodes, also where one of
   * them has got another data directory since. None as long as one has not registered.
   *
   * @param present how a node is reached now
   */
  Optional<List<Voter>> firstVoters(IntFunction<Optional<Voter>> present) {
    var voters = new ArrayList<Voter>();
    for (var node : nodes) {
      var voter = present.apply(node);
      if (voter.isEmpty()) {
        return Optional.empty();
      }
      voters.add(
          directory(node)
              .map(directory -> RegisteredNode.voter(voter.get(), directory))
              .orElseGet(voter::get));
    }
    return Optional.of(voters);
  }
}
