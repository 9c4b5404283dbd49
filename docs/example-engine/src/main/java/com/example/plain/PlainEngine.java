package com.example.plain;

import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Logs in one file each, {@code <id>.log}. What ends in {@code .next} was never finished. */
final class PlainEngine implements StorageEngine {

  private static final String SUFFIX = ".log";

  private final Path directory;
  private final EngineContext context;
  private final Disk disk;
  private final ExecutorService writers =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("plain-writer-", 0).factory());

  private final Map<LogId, PlainLog> open = new ConcurrentHashMap<>();

  /** Logs that were opened again and are still read. */
  private final Set<PlainLog> superseded = ConcurrentHashMap.newKeySet();

  PlainEngine(EngineContext context, Disk disk) {
    this.directory = context.directory();
    this.context = context;
    this.disk = disk;
    try {
      Files.createDirectories(directory);
      for (Path file : files(".next")) {
        Files.delete(file);
      }
      disk.syncDirectory();
    } catch (IOException e) {
      throw Disk.failure("open " + directory, e);
    }
  }

  private List<Path> files(String suffix) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(suffix)).toList();
    }
  }

  private Path file(LogId id) {
    return directory.resolve(id + SUFFIX);
  }

  @Override
  public Set<LogId> logs() {
    try {
      return files(SUFFIX).stream()
          .map(file -> file.getFileName().toString().replace(SUFFIX, ""))
          .map(name -> new LogId(UUID.fromString(name)))
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw Disk.failure("list " + directory, e);
    }
  }

  @Override
  public LogStore create(LogId id, LogBase base) {
    if (Files.exists(file(id))) {
      throw new IllegalStateException("log " + id + " exists");
    }
    try {
      LogWriter.create(id, file(id), disk, base);
    } catch (IOException e) {
      throw Disk.failure("create " + file(id), e);
    }
    return open(id);
  }

  @Override
  public LogStore open(LogId id) {
    return openCutAt(id, WriteSet.KEEP);
  }

  @Override
  public LogStore openCutAt(LogId id, long endIndex) {
    if (open.containsKey(id) || !Files.exists(file(id))) {
      throw new IllegalStateException("log " + id + " is open or does not exist");
    }
    return recovered(id, endIndex);
  }

  private PlainLog recovered(LogId id, long endIndex) {
    PlainLog log =
        new PlainLog(this, id, Recovery.open(id, file(id), disk, endIndex), context, writers);
    open.put(id, log);
    return log;
  }

  /** Opens a log once more, which nobody writes to, and that is read until it is closed. */
  PlainLog reopened(PlainLog old, long endIndex) {
    PlainLog log = recovered(old.id(), endIndex);
    superseded.add(old);
    return log;
  }

  void closed(PlainLog log) {
    open.remove(log.id(), log);
    superseded.remove(log);
  }

  @Override
  public void delete(LogId id) {
    if (open.containsKey(id)) {
      throw new IllegalStateException("log " + id + " is open");
    }
    try {
      Files.deleteIfExists(file(id));
      disk.syncDirectory();
    } catch (IOException e) {
      throw Disk.failure("delete " + file(id), e);
    }
  }

  @Override
  public void close() {
    List<PlainLog> logs = new ArrayList<>(superseded);
    logs.addAll(open.values());
    List<StorageException> failures = new ArrayList<>();
    for (PlainLog log : logs) {
      try {
        log.close();
      } catch (StorageException e) {
        failures.add(e);
      }
    }
    writers.shutdown();
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }
}
