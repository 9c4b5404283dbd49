package dev.flotilla.storage.testkit;

import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Holds back the writes of logs while it is closed, for all logs or for some of them, and fails
 * flushes. Open at first. Safe for threads.
 *
 * <p>A write that waits is not durable and not visible: it has not been handed to the engine. It is
 * checked there only when the gate opens; what does not continue the log fails its future then. A
 * truncation that concerns durable entries is handed over at once, without the entries that follow
 * it, so that readers lose sight of them as {@link LogStore#write} demands.
 *
 * <p>Lock order: a log's monitor before the gate's.
 */
public final class FlushGate {

  private boolean allClosed;
  private final Set<LogId> closed = new HashSet<>();
  private @Nullable Throwable failure;

  /** Why nothing can be written or opened again, while that is so. */
  private @Nullable StorageException broken;

  /** Whether that kept a log from being opened. */
  private boolean refused;

  private int waiting;
  private final List<GatedLog> logs = new ArrayList<>();

  private final Executor completions =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("flush-gate").factory());

  LogStore guard(LogStore log) {
    GatedLog gated = new GatedLog(log, this);
    synchronized (this) {
      logs.add(gated);
    }
    return gated;
  }

  synchronized void forget(GatedLog log) {
    logs.remove(log);
  }

  /** From now on writes of all logs wait. */
  public synchronized void closeGate() {
    allClosed = true;
  }

  /** From now on writes of one log wait. */
  public synchronized void closeGate(LogId log) {
    closed.add(log);
  }

  /** Lets the writes of all logs pass, those that wait first. */
  public void openGate() {
    synchronized (this) {
      allClosed = false;
      closed.clear();
    }
    openLogs().forEach(GatedLog::passWaiting);
  }

  /** Lets the writes of one log pass, those that wait first, unless all logs have to wait. */
  public void openGate(LogId log) {
    synchronized (this) {
      closed.remove(log);
    }
    openLogs().forEach(GatedLog::passWaiting);
  }

  /**
   * Fails the next write that would pass, whichever log it is of, before it reaches the engine.
   * That log takes no more writes until it is opened again.
   */
  public synchronized void failNextFlush(Throwable cause) {
    failure = cause;
  }

  /**
   * Fails every write that would pass, and the opening of logs to be written, until {@link
   * #mendDisk}. What was durable can be read.
   */
  public synchronized void breakDisk(StorageException cause) {
    broken = cause;
    refused = false;
  }

  /** Logs that are opened from now on take writes again. */
  public synchronized void mendDisk() {
    broken = null;
  }

  /**
   * Blocks until the opening of a log was refused since the disk broke.
   *
   * @throws IllegalStateException if none is within the time
   */
  public synchronized void awaitRefusedOpening(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!refused) {
      long leftMs = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        throw new IllegalStateException("no opening was refused");
      }
      wait(leftMs);
    }
  }

  synchronized void checkWorks() {
    if (broken != null) {
      refused = true;
      notifyAll();
      throw broken;
    }
  }

  /** How many write sets wait. */
  public synchronized int waitingWrites() {
    return waiting;
  }

  /**
   * Blocks until at least so many write sets wait.
   *
   * @throws IllegalStateException if they do not within the time
   */
  public synchronized void awaitWaitingWrites(int count, Duration timeout)
      throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (waiting < count) {
      long leftMs = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        throw new IllegalStateException(waiting + " writes wait, not " + count);
      }
      wait(leftMs);
    }
  }

  synchronized boolean isOpen(LogId log) {
    return !allClosed && !closed.contains(log);
  }

  synchronized void countWaiting(int change) {
    waiting += change;
    notifyAll();
  }

  synchronized @Nullable Throwable takeFailure() {
    if (broken != null) {
      return broken;
    }
    Throwable taken = failure;
    failure = null;
    return taken;
  }

  private synchronized List<GatedLog> openLogs() {
    return List.copyOf(logs);
  }

  /** Where the futures of all writes complete, in the order of the calls. */
  Executor completions() {
    return completions;
  }
}
