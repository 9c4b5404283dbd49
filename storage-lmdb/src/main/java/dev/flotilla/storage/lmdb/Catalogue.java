package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The logs of an environment and their numbers, in memory as they are durable. Safe for threads;
 * what is done to one log is done by one thread at a time.
 */
final class Catalogue {

  private static final Logger LOG = LoggerFactory.getLogger(Catalogue.class);

  private final Map<LogId, Integer> numbers = new ConcurrentHashMap<>();

  /** Logs whose environment was damaged and set aside: known by name. */
  private final Set<LogId> lost = ConcurrentHashMap.newKeySet();

  /** Deleted logs that may have rows left. */
  private final List<Integer> deleted = new ArrayList<>();

  /**
   * Reads what an environment says.
   *
   * @throws StorageException if another version of this engine has written it
   * @throws DamagedEnvironmentException if it does not say which
   */
  static Catalogue readFrom(Snapshot snapshot) {
    int version = format(snapshot).version();
    if (version != FormatRow.VERSION) {
      throw new StorageException(
          "the environment has the layout of version %d of this engine, which reads version %d"
              .formatted(version, FormatRow.VERSION));
    }
    Catalogue catalogue = new Catalogue();
    catalogue.read(snapshot);
    return catalogue;
  }

  private void read(Snapshot snapshot) {
    snapshot.scanKind(
        Keys.NAME,
        (key, value) -> {
          if (Checksums.isGood(key, value, NameRow.BYTES)) {
            numbers.put(NameRow.read(value), key.getInt(1));
          }
          return true;
        });
    snapshot.scanKind(
        Keys.LOG,
        (key, value) -> {
          if (Checksums.isGood(key, value, LogRecord.BYTES)) {
            numbers.put(Keys.idOf(key), LogRecord.readFrom(value).log());
          }
          return true;
        });
    snapshot.scanKind(
        Keys.LOST,
        (key, value) -> {
          if (Checksums.isGood(key, value, MarkRow.BYTES)) {
            lost.add(Keys.idOf(key));
          }
          return true;
        });
    snapshot.scanKind(
        Keys.DELETED,
        (key, value) -> {
          if (Checksums.isGood(key, value, MarkRow.BYTES)
              && !numbers.containsValue(key.getInt(1))) {
            deleted.add(key.getInt(1));
          } else {
            LOG.warn("A row that names a deleted log is damaged: the log's rows stay");
          }
          return true;
        });
  }

  List<Integer> deleted() {
    return deleted;
  }

  Set<LogId> logs() {
    Set<LogId> logs = new HashSet<>(numbers.keySet());
    logs.addAll(lost);
    return logs;
  }

  boolean isLost(LogId id) {
    return lost.contains(id);
  }

  /** The number of a log, none if there is none of that name. */
  OptionalInt number(LogId id) {
    Integer number = numbers.get(id);
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  /** Writes the first rows of a new environment. */
  static void begin(Changes changes, Set<LogId> lost) {
    putFormat(changes, FormatRow.NEW);
    for (LogId id : lost) {
      putMark(changes, Keys.lost(changes.key, id));
    }
  }

  private static void putMark(Changes changes, ByteBuffer key) {
    MarkRow.write(key, changes.reserve(changes.databases.logs(), key, MarkRow.BYTES));
  }

  private static FormatRow format(Snapshot snapshot) {
    ByteBuffer key = Keys.format(snapshot.key);
    ByteBuffer value = snapshot.get(snapshot.databases.logs(), key);
    if (value == null || !Checksums.isGood(key, value, FormatRow.BYTES)) {
      throw new DamagedEnvironmentException("what the environment says of itself is damaged");
    }
    return FormatRow.readFrom(value);
  }

  private static void putFormat(Changes changes, FormatRow format) {
    ByteBuffer key = Keys.format(changes.key);
    format.writeTo(key, changes.reserve(changes.databases.logs(), key, FormatRow.BYTES));
  }

  /**
   * Says that the environment is closed. Done twice, so that both meta pages lead to the same
   * content: damage to one of them loses nothing.
   */
  static void close(Changes changes) {
    putFormat(changes, format(changes).closed());
  }

  /** Changes nothing, in a transaction that is committed all the same. */
  static void touch(Changes changes) {
    putFormat(changes, format(changes));
  }

  /** Creates a log; known once {@link #created} is called. */
  static LogState create(Changes changes, LogId id, LogBase base) {
    FormatRow format = format(changes);
    int number = format.nextLog();
    putFormat(changes, format.withNextLog(number + 1));
    ByteBuffer name = Keys.name(changes.key, number);
    NameRow.write(id, name, changes.reserve(changes.databases.logs(), name, NameRow.BYTES));
    LogState state = LogState.empty(number, base);
    ByteBuffer key = Keys.log(changes.key, id);
    ByteBuffer value = changes.reserve(changes.databases.logs(), key, LogRecord.BYTES);
    state.record().writeTo(key, value);
    return state;
  }

  void created(LogId id, int number) {
    numbers.put(id, number);
  }

  /** Deletes a log, but for its rows; known once {@link #deleted(LogId)} is called. */
  void delete(Changes changes, LogId id) {
    changes.remove(changes.databases.logs(), Keys.lost(changes.key, id));
    changes.remove(changes.databases.logs(), Keys.log(changes.key, id));
    OptionalInt number = number(id);
    if (number.isPresent()) {
      changes.remove(changes.databases.logs(), Keys.name(changes.key, number.getAsInt()));
      putMark(changes, Keys.deleted(changes.key, number.getAsInt()));
    }
  }

  void deleted(LogId id) {
    numbers.remove(id);
    lost.remove(id);
  }
}
