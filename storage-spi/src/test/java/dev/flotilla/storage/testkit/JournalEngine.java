package dev.flotilla.storage.testkit;

import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.WriteSet;
import dev.flotilla.storage.testkit.JournalEngineFactory.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Logs in one file each, {@code <id>.journal}. */
final class JournalEngine implements StorageEngine {

  private static final String SUFFIX = ".journal";

  private final Path directory;
  private final FlushListener listener;
  private final Fault fault;
  private final Map<LogId, JournalLog> open = new HashMap<>();

  /** Logs that were opened again and are still read. */
  private final Set<JournalLog> superseded = new HashSet<>();

  JournalEngine(Path directory, FlushListener listener, Fault fault) {
    this.directory = directory;
    this.listener = listener;
    this.fault = fault;
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Journal journal(LogId id) {
    return new Journal(id, directory.resolve(id + SUFFIX), listener, fault);
  }

  @Override
  public Set<LogId> logs() {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(SUFFIX))
          .map(name -> name.substring(0, name.length() - SUFFIX.length()))
          .map(name -> new LogId(UUID.fromString(name)))
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized LogStore create(LogId id, LogBase base) {
    if (logs().contains(id)) {
      throw new IllegalStateException("log " + id + " exists");
    }
    journal(id).rewrite(new LogContent(base));
    return open(id);
  }

  @Override
  public LogStore open(LogId id) {
    return openCutAt(id, WriteSet.KEEP);
  }

  @Override
  public synchronized LogStore openCutAt(LogId id, long endIndex) {
    if (open.containsKey(id) || !logs().contains(id)) {
      throw new IllegalStateException("log " + id + " is open or does not exist");
    }
    Journal journal = journal(id);
    LogContent content = journal.recover(endIndex);
    JournalLog log = new JournalLog(id, content, journal, this);
    open.put(id, log);
    return log;
  }

  synchronized JournalLog reopened(JournalLog old, JournalLog log) {
    superseded.add(old);
    open.put(log.id(), log);
    return log;
  }

  synchronized void closed(JournalLog log) {
    open.remove(log.id(), log);
    superseded.remove(log);
  }

  @Override
  public synchronized void delete(LogId id) {
    journal(id).delete();
  }

  @Override
  public void close() {
    List<JournalLog> logs;
    synchronized (this) {
      logs = new ArrayList<>(open.values());
      logs.addAll(superseded);
    }
    logs.forEach(JournalLog::close);
  }
}
