package dev.flotilla.server.metadata;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.flotilla.proto.metadata.Command;
import dev.flotilla.proto.metadata.CommandAnswer;
import dev.flotilla.proto.metadata.Snapshot;
import dev.flotilla.proto.metadata.StoredEntity;
import dev.flotilla.server.metadata.EntityChange.Stored;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The keyed set of entities. Deterministic: the same commands at the same indexes make the same
 * set, and the same bytes of a snapshot.
 *
 * <p>One thread at a time applies, snapshots and restores. Any thread may look at single entities;
 * it may see a part of the command that is being applied, which is why whoever decides by what it
 * saw names the versions as preconditions.
 */
final class EntitySet {

  private final ConcurrentNavigableMap<String, Stored> entities = new ConcurrentSkipListMap<>();
  private long index;
  private long term;

  /** What a command was answered and what it changed. */
  record Applied(CommandAnswer answer, EntityChange.Batch batch) {}

  Optional<Stored> find(String key) {
    return Optional.ofNullable(entities.get(key));
  }

  /** The entities whose keys begin so, in the order of their keys, as a view. */
  Map<String, Stored> startingWith(String prefix) {
    return entities.subMap(prefix, prefix + Character.MAX_VALUE);
  }

  Applied apply(long atIndex, long atTerm, ByteBuffer bytes) {
    index = atIndex;
    term = atTerm;
    var answer = CommandAnswer.newBuilder().setIndex(atIndex);
    List<EntityChange> changes = List.of();
    try {
      var command = Command.parseFrom(bytes);
      var puts = new LinkedHashMap<String, Stored>();
      for (var entity : command.getPutsList()) {
        puts.put(EntityKey.of(entity), new Stored(entity, atIndex));
      }
      var conflicts = conflicts(command);
      if (conflicts.isEmpty()) {
        changes = change(deletes(command), puts);
        answer.setDone(CommandAnswer.Done.getDefaultInstance());
      } else {
        answer.setConflict(CommandAnswer.Conflict.newBuilder().addAllKeys(conflicts));
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      answer.setInvalid(CommandAnswer.Invalid.newBuilder().setReason(String.valueOf(e)));
    }
    return new Applied(answer.build(), new EntityChange.Batch(atIndex, atTerm, changes));
  }

  private Set<String> deletes(Command command) {
    var deletes = new TreeSet<>(command.getDeletesList());
    command
        .getDeletePrefixesList()
        .forEach(prefix -> deletes.addAll(startingWith(prefix).keySet()));
    return deletes;
  }

  private List<String> conflicts(Command command) {
    var conflicts = new ArrayList<String>();
    for (var precondition : command.getPreconditionsList()) {
      var stored = entities.get(precondition.getKey());
      var version = stored == null ? 0 : stored.version();
      if (version != precondition.getVersion()) {
        conflicts.add(precondition.getKey());
      }
    }
    return conflicts;
  }

  private List<EntityChange> change(Set<String> deletes, Map<String, Stored> puts) {
    var changes = new ArrayList<EntityChange>();
    // In this order: who looks in between finds what was replaced by something else twice, not not
    // at all.
    puts.forEach((key, stored) -> add(changes, entities.put(key, stored), stored));
    for (var key : deletes) {
      if (!puts.containsKey(key)) {
        add(changes, entities.remove(key), null);
      }
    }
    return changes;
  }

  private static void add(
      List<EntityChange> changes, @Nullable Stored before, @Nullable Stored after) {
    if (before != null || after != null) {
      changes.add(new EntityChange(before, after));
    }
  }

  /** The whole set, in the order of its keys. */
  Snapshot snapshot() {
    var snapshot = Snapshot.newBuilder().setIndex(index).setTerm(term);
    for (var stored : entities.values()) {
      snapshot.addEntities(
          StoredEntity.newBuilder().setEntity(stored.entity()).setVersion(stored.version()));
    }
    return snapshot.build();
  }

  /**
   * Becomes what a snapshot says, and tells what that changed.
   *
   * @throws IllegalArgumentException if an entity is of an unknown kind; nothing was changed
   */
  EntityChange.Batch restore(Snapshot snapshot) {
    var puts = new LinkedHashMap<String, Stored>();
    for (var stored : snapshot.getEntitiesList()) {
      puts.put(
          EntityKey.of(stored.getEntity()), new Stored(stored.getEntity(), stored.getVersion()));
    }
    var deletes = new TreeSet<>(entities.keySet());
    var changed = new LinkedHashMap<String, Stored>();
    puts.forEach((key, stored) -> {
      if (stored.equals(entities.get(key))) {
        deletes.remove(key);
      } else {
        changed.put(key, stored);
      }
    });
    index = snapshot.getIndex();
    term = snapshot.getTerm();
    return new EntityChange.Batch(index, term, change(deletes, changed));
  }
}
