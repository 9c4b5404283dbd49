package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.FlushMode;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.lmdbjava.LmdbException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The logs in one environment. */
final class LmdbEngine implements StorageEngine {

  private static final Logger LOG = LoggerFactory.getLogger(LmdbEngine.class);

  /** What reads may keep of the buffers they copy to. */
  private static final long POOLED_BYTES = 64 << 20;

  private final EngineConfig config;
  private final EnvironmentFiles files;
  private final Environment environment;
  private final Commits commits;
  private final Catalogue catalogue;
  private final BufferPool pool = new BufferPool(POOLED_BYTES);
  private final AtomicBoolean closed = new AtomicBoolean();

  /** The open logs; a log that is being opened or deleted is in it without a value. */
  private final Map<LogId, Optional<LmdbLog>> open = new ConcurrentHashMap<>();

  /** Logs that were opened again and are still read. */
  private final Set<LmdbLog> superseded = ConcurrentHashMap.newKeySet();

  private LmdbEngine(
      EngineConfig config,
      EnvironmentFiles files,
      Environment environment,
      Catalogue catalogue,
      Device device) {
    this.config = config;
    this.files = files;
    this.environment = environment;
    this.catalogue = catalogue;
    this.commits = new Commits(environment, files, device, config);
    catalogue.deleted().forEach(log -> commits.submit(new DeletedLog(log, commits)));
  }

  static LmdbEngine open(Path directory, EngineConfig config, Device device) {
    JvmFlags.check();
    if (config.flushMode() == FlushMode.UNSAFE_OS) {
      LOG.info("storage.flush=unsafe-os changes nothing for {}: every commit is synced", directory);
    }
    try {
      EnvironmentFiles files = EnvironmentFiles.lock(directory, device, config.listener());
      try {
        return open(files, config, device);
      } catch (IOException | RuntimeException e) {
        files.close();
        throw e;
      }
    } catch (IOException | LmdbException e) {
      throw LmdbFailures.translate("open " + directory, e);
    } catch (LinkageError e) {
      throw new StorageException("LMDB's native library cannot be used: " + e.getMessage(), e);
    }
  }

  private static LmdbEngine open(EnvironmentFiles files, EngineConfig config, Device device)
      throws IOException {
    EnvironmentOpening opening = new EnvironmentOpening(files, config);
    opening.prepare();
    try {
      return opened(files, config, device);
    } catch (DamagedEnvironmentException e) {
      opening.setAside(e);
      return opened(files, config, device);
    } catch (RuntimeException e) {
      files.openMark().clear();
      throw e;
    }
  }

  private static LmdbEngine opened(EnvironmentFiles files, EngineConfig config, Device device) {
    Environment environment = Environment.open(files.environment(), config);
    try {
      Catalogue catalogue = environment.read(Catalogue::readFrom);
      return new LmdbEngine(config, files, environment, catalogue, device);
    } catch (StorageException e) {
      environment.close();
      throw new StorageException("open " + files.environment() + ": " + e.getMessage(), e);
    } catch (LmdbException e) {
      environment.close();
      if (LmdbFailures.isDamage(e)) {
        throw new DamagedEnvironmentException("its logs cannot be listed: " + e.getMessage(), e);
      }
      throw e;
    } catch (RuntimeException e) {
      environment.close();
      throw e;
    }
  }

  Environment environment() {
    return environment;
  }

  BufferPool pool() {
    return pool;
  }

  EntryReader entries(LogId id, int number, Snapshot snapshot) {
    return new EntryReader(id, number, snapshot, config.maxEntryBytes());
  }

  @Override
  public Set<LogId> logs() {
    return new HashSet<>(catalogue.logs());
  }

  @Override
  public LogStore create(LogId id, LogBase base) {
    reserve(id);
    try {
      if (catalogue.logs().contains(id)) {
        throw new IllegalStateException("log " + id + " exists in " + environment.file());
      }
      LogState state = Task.get(commits, changes -> Catalogue.create(changes, id, base));
      catalogue.created(id, state.record().log());
      return opened(id, state);
    } finally {
      open.remove(id, Optional.<LmdbLog>empty());
    }
  }

  @Override
  public LogStore open(LogId id) {
    return openCutAt(id, Long.MAX_VALUE);
  }

  @Override
  public LogStore openCutAt(LogId id, long endIndex) {
    reserve(id);
    try {
      return opened(id, recovered(id, endIndex));
    } catch (LmdbException e) {
      throw LmdbFailures.ofRead("open log " + id, id, 0, e);
    } finally {
      open.remove(id, Optional.<LmdbLog>empty());
    }
  }

  private LmdbLog opened(LogId id, LogState state) {
    LmdbLog log = new LmdbLog(id, state, this, commits, config.maxEntryBytes());
    open.put(id, Optional.of(log));
    return log;
  }

  /**
   * A log as it is, cut. There is nothing to repair: a transaction is there whole or not at all.
   */
  private LogState recovered(LogId id, long cutAt) {
    if (catalogue.isLost(id)) {
      throw new CorruptLogException(
          "log %s was lost with an environment that was damaged, see %s"
              .formatted(id, environment.file().resolveSibling("damaged.mdb")),
          0);
    }
    OptionalInt number = catalogue.number(id);
    if (number.isEmpty()) {
      throw new IllegalStateException("there is no log " + id + " in " + environment.file());
    }
    LogState state =
        environment.read(snapshot -> loaded(entries(id, number.getAsInt(), snapshot), id, cutAt));
    if (cutAt >= state.record().endIndex()) {
      commits.settle();
      return state;
    }
    return Task.get(
        commits,
        changes -> {
          LogWriter writer = new LogWriter(id, state, changes, config.maxEntryBytes());
          writer.truncate(cutAt);
          writer.removeRemains();
          writer.finish();
          return writer.state();
        });
  }

  private static LogState loaded(EntryReader entries, LogId id, long cutAt) {
    LogRecord record = entries.record();
    if (cutAt < record.startIndex()) {
      throw new CorruptLogException(
          "log %s: it begins with entry %d and ends before %d"
              .formatted(id, record.startIndex(), cutAt),
          record.startIndex());
    }
    long end = Math.min(record.endIndex(), cutAt);
    long endOffset =
        end == record.startIndex()
            ? record.base().offset()
            : entries.entry(end - 1).header().endOffset();
    return new LogState(record, entries.termStarts(record), endOffset);
  }

  /**
   * As {@code LogStore.reopenCutAt}, of a log that is not written to any more. The old store reads
   * rows of entries below the cut, which the new one leaves alone unless it drops them.
   */
  LmdbLog reopened(LmdbLog old, long endIndex) {
    try {
      LmdbLog log = opened(old.id(), recovered(old.id(), endIndex));
      superseded.add(old);
      return log;
    } catch (LmdbException e) {
      throw LmdbFailures.ofRead("open log " + old.id() + " again", old.id(), 0, e);
    }
  }

  private void reserve(LogId id) {
    if (open.putIfAbsent(id, Optional.empty()) != null) {
      throw new IllegalStateException("log " + id + " is open");
    }
  }

  void closed(LmdbLog log) {
    open.remove(log.id(), Optional.of(log));
    superseded.remove(log);
  }

  @Override
  public void delete(LogId id) {
    reserve(id);
    try {
      if (catalogue.logs().contains(id)) {
        OptionalInt number = catalogue.number(id);
        Task.run(commits, changes -> catalogue.delete(changes, id));
        catalogue.deleted(id);
        number.ifPresent(log -> commits.submit(new DeletedLog(log, commits)));
      }
    } finally {
      open.remove(id, Optional.<LmdbLog>empty());
    }
  }

  /** All logs are closed and the threads end also where the last write of a log fails. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    List<LmdbLog> logs = new ArrayList<>(superseded);
    open.values().forEach(log -> log.ifPresent(logs::add));
    List<StorageException> failures = new ArrayList<>();
    for (LmdbLog log : logs) {
      try {
        log.close();
      } catch (StorageException e) {
        failures.add(e);
      }
    }
    end();
    if (!failures.isEmpty()) {
      StorageException first = failures.removeFirst();
      failures.forEach(first::addSuppressed);
      throw first;
    }
  }

  private void end() {
    try {
      if (commits.hasCommitted()) {
        Task.run(commits, Catalogue::close);
        Task.run(commits, Catalogue::close);
      }
    } catch (StorageException e) {
      LOG.warn("{} was not closed cleanly; nothing of it is lost", environment.file(), e);
    }
    commits.close();
    try (files) {
      environment.close();
      files.openMark().clear();
    } catch (IOException e) {
      throw LmdbFailures.translate("close " + environment.file(), e);
    }
  }
}
