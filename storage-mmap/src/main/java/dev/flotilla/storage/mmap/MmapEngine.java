package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The logs below one directory, each in a directory named by its id; see {@link LogDirectory} for
 * when there is a log in it.
 */
final class MmapEngine implements StorageEngine {

  private final Path path;
  private final EngineConfig config;
  private final Disk disk;
  private final Flushers flushers;
  private final MappedSegments mapped;

  /** The open logs; a log that is being opened or deleted is in it without a value. */
  private final Map<LogId, Optional<MmapLog>> open = new ConcurrentHashMap<>();

  /** Logs that were opened again and are still read. */
  private final Set<MmapLog> superseded = ConcurrentHashMap.newKeySet();

  private MmapEngine(Path path, EngineConfig config, Disk disk) {
    this.path = path;
    this.config = config;
    this.disk = disk;
    this.flushers = new Flushers(config.flushers());
    this.mapped = new MappedSegments(config.mappedSegments());
  }

  static MmapEngine open(Path path, EngineConfig config, Disk.Opener opener) {
    Disk disk = new Disk(opener, config.listener());
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw IoFailures.translate("open " + path, e);
    }
    MmapEngine engine = new MmapEngine(path, config, disk);
    engine.removeRemains();
    return engine;
  }

  /** Removes what creations and deletions left behind that a crash interrupted. */
  private void removeRemains() {
    try {
      for (String name : LogDirectory.names(path)) {
        Optional<LogId> id = logId(name);
        if (id.isPresent() && !directory(id.get()).exists()) {
          directory(id.get()).delete();
        }
      }
    } catch (IOException e) {
      flushers.close();
      throw IoFailures.translate("open " + path, e);
    }
  }

  @Override
  public Set<LogId> logs() {
    Set<LogId> logs = new HashSet<>();
    try {
      for (String name : LogDirectory.names(path)) {
        Optional<LogId> id = logId(name);
        if (id.isPresent() && directory(id.get()).exists()) {
          logs.add(id.get());
        }
      }
    } catch (IOException e) {
      throw IoFailures.translate("list " + path, e);
    }
    return logs;
  }

  private LogDirectory directory(LogId id) {
    return new LogDirectory(disk, id, path.resolve(id.toString()));
  }

  private static Optional<LogId> logId(String name) {
    try {
      LogId id = new LogId(UUID.fromString(name));
      return id.toString().equals(name) ? Optional.of(id) : Optional.empty();
    } catch (IllegalArgumentException otherName) {
      return Optional.empty();
    }
  }

  @Override
  public LogStore create(LogId id, LogBase base) {
    reserve(id);
    try {
      LogDirectory directory = directory(id);
      if (directory.exists()) {
        throw new IllegalStateException("log " + id + " exists in " + path);
      }
      directory.delete();
      Files.createDirectory(directory.path());
      disk.syncDirectory(path);
      SegmentStart start =
          new SegmentStart(
              0, base.index() + 1, base.term(), base.offset(), EntryHeader.NO_TIMESTAMP);
      ActiveFile.create(directory, start.fileName(), config.preallocation()).close();
      directory.write(
          new Manifest(
              id,
              0,
              base,
              base.index(),
              1,
              List.of(Manifest.SegmentRecord.active(start)),
              List.of()));
      return recovered(directory, Recovery.NO_CUT);
    } catch (IOException e) {
      throw IoFailures.translate("create log " + id + " in " + path, e);
    } finally {
      open.remove(id, Optional.<MmapLog>empty());
    }
  }

  @Override
  public LogStore open(LogId id) {
    return openCutAt(id, Recovery.NO_CUT);
  }

  @Override
  public LogStore openCutAt(LogId id, long endIndex) {
    reserve(id);
    try {
      LogDirectory directory = directory(id);
      if (!directory.exists()) {
        throw new IllegalStateException("there is no log " + id + " in " + path);
      }
      return recovered(directory, endIndex);
    } catch (IOException e) {
      throw IoFailures.translate("open log " + id + " in " + path, e);
    } finally {
      open.remove(id, Optional.<MmapLog>empty());
    }
  }

  private MmapLog recovered(LogDirectory directory, long cutAt) throws IOException {
    LogWriter writer = Recovery.open(directory, config, mapped, cutAt);
    LogQueue queue = new LogQueue(directory, writer, flushers, config);
    MmapLog log = new MmapLog(directory.log(), queue, this);
    open.put(log.id(), Optional.of(log));
    return log;
  }

  /**
   * As {@code LogStore.reopenCutAt}, of a log that is not written to any more. Recovery touches
   * nothing that the old store shows: it writes behind the durable end, and the same bytes again
   * above the durable mark.
   */
  MmapLog reopened(MmapLog old, long endIndex) {
    try {
      MmapLog log = recovered(directory(old.id()), endIndex);
      superseded.add(old);
      return log;
    } catch (IOException e) {
      throw IoFailures.translate("open log " + old.id() + " in " + path + " again", e);
    }
  }

  private void reserve(LogId id) {
    if (open.putIfAbsent(id, Optional.empty()) != null) {
      throw new IllegalStateException("log " + id + " is open");
    }
  }

  void closed(MmapLog log) {
    open.remove(log.id(), Optional.of(log));
    superseded.remove(log);
  }

  @Override
  public void delete(LogId id) {
    reserve(id);
    try {
      directory(id).delete();
      disk.syncDirectory(path);
    } catch (IOException e) {
      throw IoFailures.translate("delete log " + id + " in " + path, e);
    } finally {
      open.remove(id, Optional.<MmapLog>empty());
    }
  }

  /** All logs are closed and the threads end also where the last flush of a log fails. */
  @Override
  public void close() {
    List<MmapLog> logs = new ArrayList<>(superseded);
    open.values().forEach(log -> log.ifPresent(logs::add));
    List<StorageException> failures = new ArrayList<>();
    for (MmapLog log : logs) {
      try {
        log.close();
      } catch (StorageException e) {
        failures.add(e);
      }
    }
    flushers.close();
    if (!failures.isEmpty()) {
      StorageException first = failures.removeFirst();
      failures.forEach(first::addSuppressed);
      throw first;
    }
  }
}
