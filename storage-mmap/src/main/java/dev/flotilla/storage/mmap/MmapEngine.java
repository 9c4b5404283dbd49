package dev.flotilla.storage.mmap;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The logs below one directory, each in a directory named by its id. A log is created under another
 * name and renamed when it is whole, and renamed before it is deleted, so that {@link #logs} never
 * sees a part of one.
 */
final class MmapEngine implements StorageEngine {

  private static final String CREATING = ".creating";
  private static final String DELETED = ".deleted";

  private final Path path;
  private final EngineConfig config;
  private final Disk disk;
  private final Flushers flushers;
  private final MappedSegments mapped;

  /** The open logs; a log that is being opened or deleted is in it without a value. */
  private final Map<LogId, Optional<MmapLog>> open = new ConcurrentHashMap<>();

  private MmapEngine(Path path, EngineConfig config, Disk disk) {
    this.path = path;
    this.config = config;
    this.disk = disk;
    this.flushers = new Flushers(config.flushers());
    this.mapped = new MappedSegments(config.mappedSegments());
  }

  static MmapEngine open(Path path, EngineConfig config, Disk.Opener opener) {
    try {
      Files.createDirectories(path);
      for (String name : LogDirectory.names(path)) {
        if (name.endsWith(CREATING) || name.endsWith(DELETED)) {
          LogDirectory.remove(path.resolve(name));
        }
      }
    } catch (IOException e) {
      throw IoFailures.translate("open " + path, e);
    }
    return new MmapEngine(path, config, new Disk(opener, config.listener()));
  }

  @Override
  public Set<LogId> logs() {
    try {
      return LogDirectory.names(path).stream()
          .flatMap(name -> logId(name).stream())
          .collect(Collectors.toUnmodifiableSet());
    } catch (IOException e) {
      throw IoFailures.translate("list " + path, e);
    }
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
    Path whole = path.resolve(id.toString());
    if (Files.exists(whole)) {
      throw new IllegalStateException("log " + id + " exists in " + path);
    }
    reserve(id);
    try {
      Path partial = path.resolve(id + CREATING);
      if (Files.exists(partial)) {
        LogDirectory.remove(partial);
      }
      Files.createDirectory(partial);
      SegmentStart start =
          new SegmentStart(
              0, base.index() + 1, base.term(), base.offset(), EntryHeader.NO_TIMESTAMP);
      LogDirectory directory = new LogDirectory(disk, id, partial);
      ActiveFile.create(directory, start.fileName(), config.maxStepBytes()).close();
      directory.write(
          new Manifest(
              id,
              0,
              base,
              base.index(),
              1,
              List.of(Manifest.SegmentRecord.active(start)),
              List.of()));
      Files.move(partial, whole, StandardCopyOption.ATOMIC_MOVE);
      disk.syncDirectory(path);
      return recovered(id, Recovery.NO_CUT);
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
    if (!Files.exists(path.resolve(id.toString()))) {
      throw new IllegalStateException("there is no log " + id + " in " + path);
    }
    reserve(id);
    try {
      return recovered(id, endIndex);
    } catch (IOException e) {
      throw IoFailures.translate("open log " + id + " in " + path, e);
    } finally {
      open.remove(id, Optional.<MmapLog>empty());
    }
  }

  private MmapLog recovered(LogId id, long cutAt) throws IOException {
    LogDirectory directory = new LogDirectory(disk, id, path.resolve(id.toString()));
    LogWriter writer = Recovery.open(directory, config, mapped, cutAt);
    LogQueue queue = new LogQueue(directory, writer, flushers, config);
    MmapLog log = new MmapLog(id, queue, this::closed);
    open.put(id, Optional.of(log));
    return log;
  }

  private void reserve(LogId id) {
    if (open.putIfAbsent(id, Optional.empty()) != null) {
      throw new IllegalStateException("log " + id + " is open");
    }
  }

  private void closed(MmapLog log) {
    open.remove(log.id(), Optional.of(log));
  }

  @Override
  public void delete(LogId id) {
    Path whole = path.resolve(id.toString());
    if (!Files.exists(whole)) {
      return;
    }
    reserve(id);
    try {
      Path gone = path.resolve(id + DELETED);
      if (Files.exists(gone)) {
        LogDirectory.remove(gone);
      }
      Files.move(whole, gone, StandardCopyOption.ATOMIC_MOVE);
      disk.syncDirectory(path);
      LogDirectory.remove(gone);
    } catch (IOException e) {
      throw IoFailures.translate("delete log " + id + " in " + path, e);
    } finally {
      open.remove(id, Optional.<MmapLog>empty());
    }
  }

  /** Closing twice does nothing. */
  @Override
  public void close() {
    open.values().forEach(log -> log.ifPresent(MmapLog::close));
    flushers.close();
  }
}
