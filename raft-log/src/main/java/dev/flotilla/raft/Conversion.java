package dev.flotilla.raft;

import dev.flotilla.proto.ReplicaDescriptor;
import dev.flotilla.raft.LogCopy.SourceException;
import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The move of one replica's log to another engine, entry by entry. The log keeps its identity; what
 * the replica has beside it stays where it is.
 *
 * <pre>
 *   0  what the new engine holds of the log is removed: an earlier conversion was cut short
 *   1  an empty log is created behind the same base
 *   2  all entries are written to it
 *   3  it is closed and opened again, which makes it durable, and compared with the old one
 *   4  the replica's descriptor is replaced: from now on the log is in the new engine
 *   5  the old log is deleted
 * </pre>
 *
 * <p>The descriptor is the only thing that says where the log is. A crash before 4 leaves the old
 * log as it was, a crash behind it leaves the new one; what the other engine holds is garbage,
 * which the next start removes. See
 * docs/decisions/0011-an-engine-that-cannot-be-had-is-waited-for.md for what becomes of a
 * conversion that fails.
 */
final class Conversion {

  private static final Logger LOG = LoggerFactory.getLogger(Conversion.class);

  private final ReplicaDirectory directory;
  private final ReplicaDescriptor from;
  private final String to;
  private final EngineCatalog engines;
  private final DiskRoom disk;
  private final Failpoints failpoints;

  /** Told of each step that a crash may follow, so that a test can crash there. */
  @FunctionalInterface
  interface Failpoints {

    /** For everyone but tests. */
    Failpoints NONE = step -> {};

    /** The steps, in the order in which they happen. */
    enum Step {
      /** Nothing of the log is in the new engine. */
      CLEARED,
      /** An empty log is there. */
      CREATED,
      /** A part of the entries is written; reached again and again. */
      WRITING,
      /** All entries are written. */
      WRITTEN,
      /** A part of the entries is compared; reached again and again. */
      COMPARING,
      /** All is durable and the same. */
      COMPARED,
      /** The descriptor names the new engine. */
      SWITCHED,
      /** The old log is gone. */
      DELETED
    }

    void reached(Step step);
  }

  /** It was not done, and the log is where it was; the message says why. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
      super(message);
    }

    RefusedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** What was moved. */
  record Moved(long entries, long bytes) {}

  /** Hears how far it is. */
  @FunctionalInterface
  interface Progress {
    /**
     * Called now and then.
     *
     * @param doing what is done to entries, in the past tense
     * @param entries to which it was done so far
     * @param bytes of their payloads
     * @param all how many entries there are
     */
    void at(String doing, long entries, long bytes, long all);
  }

  Conversion(
      ReplicaDirectory directory,
      ReplicaDescriptor from,
      String to,
      EngineCatalog engines,
      DiskRoom disk,
      Failpoints failpoints) {
    this.directory = directory;
    this.from = from;
    this.to = to;
    this.engines = engines;
    this.disk = disk;
    this.failpoints = failpoints;
  }

  /**
   * Does all steps. The log is closed before and after.
   *
   * @throws RefusedException if the new engine cannot take it, or the old log cannot be read
   * @throws ReplicaQuarantinedException if the old log is damaged
   * @throws StorageException if the old log cannot be opened
   * @throws IOException if it is not certain that the descriptor is replaced, or is not
   */
  Moved run(Progress progress) throws IOException, ReplicaQuarantinedException, RefusedException {
    Lock creation = engines.creation();
    creation.lock();
    try {
      StorageEngine source = engines.engine(from.getEngine());
      StorageEngine target = target();
      LogStore old = open(source);
      try (DiskRoom.Reserved _ = reserve(old)) {
        Moved moved;
        try (old) {
          moved = copied(old, target, progress);
        }
        switchTo(target, old.id());
        failpoints.reached(Failpoints.Step.SWITCHED);
        delete(source, old.id());
        failpoints.reached(Failpoints.Step.DELETED);
        return moved;
      }
    } finally {
      creation.unlock();
    }
  }

  private void switchTo(StorageEngine target, LogId id)
      throws IOException, ReplicaQuarantinedException, RefusedException {
    try {
      directory.replaceDescriptor(
          from.toBuilder().setEngine(to).setGeneration(from.getGeneration() + 1).build());
    } catch (IOException e) {
      if (directory.descriptor().equals(from)) {
        // A full disk, as a rule: the copy must not keep it full.
        delete(target, id);
        throw new RefusedException("the descriptor was not replaced: " + e, e);
      }
      throw e;
    }
  }

  private StorageEngine target() throws RefusedException {
    try {
      return engines.engine(to);
    } catch (RuntimeException e) {
      throw new RefusedException(String.valueOf(e.getMessage()), e);
    }
  }

  private LogStore open(StorageEngine source) throws ReplicaQuarantinedException {
    try {
      return source.open(StoredReplica.logId(from));
    } catch (CorruptLogException e) {
      throw damaged(e);
    }
  }

  /** Closes the log if there is no room for another. */
  private DiskRoom.Reserved reserve(LogStore old) throws RefusedException {
    boolean reserved = false;
    try {
      DiskRoom.Reserved room = disk.reserve(engines.directory(to), old.diskBytes());
      reserved = true;
      return room;
    } finally {
      if (!reserved) {
        old.close();
      }
    }
  }

  private ReplicaQuarantinedException damaged(CorruptLogException found) {
    return new ReplicaQuarantinedException(from.getName() + ": " + found.getMessage(), found);
  }

  private Moved copied(LogStore old, StorageEngine target, Progress progress)
      throws ReplicaQuarantinedException, RefusedException {
    boolean complete = false;
    try {
      Moved moved = copy(old, target, progress);
      complete = true;
      return moved;
    } catch (SourceException e) {
      if (e.cause() instanceof CorruptLogException damage) {
        throw damaged(damage);
      }
      // The replica goes on in its old engine, which may never be asked for that entry.
      throw new RefusedException(String.valueOf(e.getMessage()), e.cause());
    } catch (RuntimeException e) {
      throw new RefusedException(String.valueOf(e.getMessage()), e);
    } catch (Error e) {
      // The process is about to end: what is left is removed by the next.
      complete = true;
      throw e;
    } finally {
      if (!complete) {
        delete(target, old.id());
      }
    }
  }

  private Moved copy(LogStore old, StorageEngine target, Progress progress) {
    LogId id = old.id();
    long all = old.endIndex() - old.base().index() - 1;
    target.delete(id);
    failpoints.reached(Failpoints.Step.CLEARED);
    long[] bytes = new long[1];
    try (LogStore copy = target.create(id, old.base())) {
      failpoints.reached(Failpoints.Step.CREATED);
      new LogCopy(
              old,
              (entries, written) -> {
                bytes[0] = written;
                progress.at("written", entries, written, all);
                failpoints.reached(Failpoints.Step.WRITING);
              })
          .writeTo(copy);
    }
    failpoints.reached(Failpoints.Step.WRITTEN);
    // What an engine shows right after it has opened a log is durable, whatever its flush mode.
    try (LogStore copy = target.open(id)) {
      new LogCopy(
              old,
              (entries, compared) -> {
                progress.at("compared", entries, compared, all);
                failpoints.reached(Failpoints.Step.COMPARING);
              })
          .compareWith(copy);
    }
    failpoints.reached(Failpoints.Step.COMPARED);
    return new Moved(all, bytes[0]);
  }

  /** What is left is garbage, and the next start removes it. */
  private void delete(StorageEngine engine, LogId id) {
    try {
      engine.delete(id);
    } catch (RuntimeException e) {
      LOG.warn("{}: a log that nobody needs is left until the next start", from.getName(), e);
    }
  }
}
