package dev.flotilla.storage.testkit;

import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.testkit.InMemoryEngineFactory.Completion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Logs in memory; see {@link InMemoryEngineFactory}. */
final class InMemoryEngine implements StorageEngine, InMemoryLog.Owner {

  /** What outlives this engine. */
  private final Map<LogId, LogContent> disk;

  private final FlushListener listener;
  private final Map<LogId, InMemoryLog> open = new HashMap<>();

  /** Logs that were opened again and are still read. */
  private final Set<InMemoryLog> superseded = new HashSet<>();

  /** Null where writes complete in their caller. */
  private final @Nullable ExecutorService thread;

  private final Executor completions;

  InMemoryEngine(Map<LogId, LogContent> disk, FlushListener listener, Completion completion) {
    this.disk = disk;
    this.listener = listener;
    if (completion == Completion.ON_ENGINE_THREAD) {
      thread =
          Executors.newSingleThreadExecutor(
              Thread.ofPlatform().daemon().name("memory-engine").factory());
      completions = thread;
    } else {
      thread = null;
      completions = Runnable::run;
    }
  }

  @Override
  public synchronized Set<LogId> logs() {
    return Set.copyOf(disk.keySet());
  }

  @Override
  public synchronized LogStore create(LogId id, LogBase base) {
    if (disk.putIfAbsent(id, new LogContent(base)) != null) {
      throw new IllegalStateException("log " + id + " exists");
    }
    return open(id);
  }

  @Override
  public LogStore open(LogId id) {
    return openCutAt(id, Long.MAX_VALUE);
  }

  @Override
  public synchronized LogStore openCutAt(LogId id, long endIndex) {
    LogContent content = disk.get(id);
    if (content == null || open.containsKey(id)) {
      throw new IllegalStateException(
          "log " + id + (content == null ? " does not exist" : " is open"));
    }
    if (endIndex <= content.base().index()) {
      throw new IllegalArgumentException("cut at " + endIndex + " of " + content.base());
    }
    content.truncate(endIndex);
    return opened(id, content);
  }

  private InMemoryLog opened(LogId id, LogContent content) {
    InMemoryLog log = new InMemoryLog(id, content, listener, completions, this);
    open.put(id, log);
    return log;
  }

  @Override
  public synchronized LogStore reopened(LogId id, LogContent content) {
    superseded.add(open.remove(id));
    return opened(id, content);
  }

  @Override
  public synchronized void closed(InMemoryLog log) {
    open.remove(log.id(), log);
    superseded.remove(log);
  }

  @Override
  public synchronized void delete(LogId id) {
    if (open.containsKey(id)) {
      throw new IllegalStateException("log " + id + " is open");
    }
    disk.remove(id);
  }

  @Override
  public void close() {
    List<InMemoryLog> logs;
    synchronized (this) {
      logs = new ArrayList<>(open.values());
      logs.addAll(superseded);
    }
    logs.forEach(InMemoryLog::close);
    if (thread != null) {
      thread.close();
    }
  }
}
