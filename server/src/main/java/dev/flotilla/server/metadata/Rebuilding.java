package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Rebuild;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/**
 * Which nodes' replicas are being rebuilt, as the image has it: whatever a leader reports, those
 * are not caught up. Not thread-safe: it belongs to the thread of the image.
 */
final class Rebuilding {

  private final Map<Place, Set<Integer>> nodes = new HashMap<>();

  /** A partition. */
  record Place(Uuid topicId, int partition) {

    private static Place of(Rebuild rebuild) {
      return new Place(EntityKey.uuid(rebuild.getTopicId()), rebuild.getPartition());
    }
  }

  /** Takes changes in before anything is said of them; returns the partitions concerned. */
  Set<Place> changed(Iterable<EntityChange> changes) {
    var concerned = new HashSet<Place>();
    for (var change : changes) {
      if (change.before() != null && change.before().entity().hasRebuild()) {
        var rebuild = change.before().entity().getRebuild();
        nodes.computeIfPresent(
            Place.of(rebuild),
            (place, rebuilding) -> {
              rebuilding.remove(rebuild.getNodeId());
              return rebuilding.isEmpty() ? null : rebuilding;
            });
        concerned.add(Place.of(rebuild));
      }
      if (change.after() != null && change.after().entity().hasRebuild()) {
        var rebuild = change.after().entity().getRebuild();
        nodes.computeIfAbsent(Place.of(rebuild), place -> new TreeSet<>()).add(rebuild.getNodeId());
        concerned.add(Place.of(rebuild));
      }
    }
    return concerned;
  }

  /** The nodes whose replicas of a partition are being rebuilt. */
  Set<Integer> nodes(Uuid topicId, int partition) {
    return nodes.getOrDefault(new Place(topicId, partition), Set.of());
  }
}
