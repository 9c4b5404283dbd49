package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Entity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of one key. At least one of the two is there.
 *
 * @param before the entity before, null if there was none
 * @param after the entity now, null if there is none
 */
record EntityChange(@Nullable Stored before, @Nullable Stored after) {

  /** The kind of the entity; a key never changes its kind. */
  Entity.KindCase kind() {
    var present = after != null ? after : before;
    return present == null ? Entity.KindCase.KIND_NOT_SET : present.entity().getKindCase();
  }

  /**
   * An entity in the set.
   *
   * @param version the index of the command that put it
   */
  record Stored(Entity entity, long version) {}

  /**
   * What one command, or a restored snapshot, changed.
   *
   * @param index of the command, or the last one the snapshot covers
   */
  record Batch(long index, long term, List<EntityChange> changes) {}
}
