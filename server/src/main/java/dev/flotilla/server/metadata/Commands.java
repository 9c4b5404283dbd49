package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Command;
import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.proto.metadata.Precondition;

/** Builds a command of metadata. */
final class Commands {

  private final Command.Builder command = Command.newBuilder();

  /** Nothing may have this key. */
  Commands expectAbsent(String key) {
    return expect(key, 0);
  }

  /** The entity with this key must be the one put by this index. */
  Commands expect(String key, long version) {
    command.addPreconditions(Precondition.newBuilder().setKey(key).setVersion(version));
    return this;
  }

  Commands put(Entity entity) {
    command.addPuts(entity);
    return this;
  }

  Commands delete(String key) {
    command.addDeletes(key);
    return this;
  }

  /** Deletes all that has a key that begins so when the command is applied. */
  Commands deleteStartingWith(String prefix) {
    command.addDeletePrefixes(prefix);
    return this;
  }

  Command build() {
    return command.build();
  }
}
