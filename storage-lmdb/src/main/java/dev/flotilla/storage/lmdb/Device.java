package dev.flotilla.storage.lmdb;

import java.nio.file.Path;

/** Where syncs are seen, and fail, in tests. Called by the thread that commits. */
interface Device {

  /** Neither sees nor fails anything. */
  Device REAL = new Device() {};

  /** A transaction is complete and will be committed next; what this throws fails the commit. */
  default void committing() {}

  /** A file, or the names in a directory, are on the disk. */
  default void synced(Path path) {}
}
