package dev.flotilla.server.forming;

import dev.flotilla.proto.peer.FormingRecord;
import dev.flotilla.proto.peer.MetadataRebuild.Step;
import dev.flotilla.raft.Voter;
import java.util.List;
import java.util.Optional;

/** Where a node of several stands; see {@link Enrollment}. */
public sealed interface Place {

  /** The cluster it belongs to, or will. */
  default Optional<String> clusterId() {
    return switch (this) {
      case Empty empty -> Optional.empty();
      case Forming forming -> Optional.of(forming.record().getClusterId());
      case Joining joining -> Optional.of(joining.id());
      case Rebuilding rebuilding -> Optional.of(rebuilding.id());
      case Formed formed -> Optional.of(formed.id());
    };
  }

  /** It belongs to no cluster. */
  record Empty() implements Place {}

  /** It is one of the first voters of a cluster, whose settings may not be committed yet. */
  record Forming(FormingRecord record) implements Place {
    /** The first voters of the metadata group. */
    public List<Voter> voters() {
      return Members.voters(record);
    }
  }

  /** It is new in a cluster that was formed without it. */
  record Joining(String id) implements Place {}

  /** It belongs to a cluster, and what it held of the metadata is damaged and is replaced. */
  record Rebuilding(String id, Step step) implements Place {}

  /** It belongs to a cluster: the metadata is here. */
  record Formed(String id) implements Place {}
}
