package dev.flotilla.storage;

import java.util.UUID;

/**
 * The identity of one log in an engine. Random and never used twice: a replica that is created anew
 * gets a new one, so that nothing an older log left on the disk can be taken for it. Checksums of
 * stored entries are seeded with it.
 */
public record LogId(UUID value) {

  public static LogId random() {
    return new LogId(UUID.randomUUID());
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
