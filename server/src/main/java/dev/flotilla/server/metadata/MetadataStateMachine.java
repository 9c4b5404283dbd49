package dev.flotilla.server.metadata;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.flotilla.proto.metadata.Snapshot;
import dev.flotilla.raft.CommandStateMachine;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Drives the entities by the committed commands, and hands on what each changed. */
final class MetadataStateMachine implements CommandStateMachine {

  private final EntitySet entities;
  private final Consumer<EntityChange.Batch> changes;

  MetadataStateMachine(EntitySet entities, Consumer<EntityChange.Batch> changes) {
    this.entities = entities;
    this.changes = changes;
  }

  @Override
  public ByteBuffer apply(long index, long term, ByteBuffer command) {
    var applied = entities.apply(index, term, command);
    // Also when nothing changed: the image then stands at this index.
    changes.accept(applied.batch());
    return applied.answer().toByteString().asReadOnlyByteBuffer();
  }

  @Override
  public ByteBuffer snapshot() {
    return entities.snapshot().toByteString().asReadOnlyByteBuffer();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the bytes are no snapshot of entities that are known here
   */
  @Override
  public void restore(long index, ByteBuffer snapshot) {
    try {
      changes.accept(entities.restore(Snapshot.parseFrom(snapshot)));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("the metadata snapshot of index " + index, e);
    }
  }
}
