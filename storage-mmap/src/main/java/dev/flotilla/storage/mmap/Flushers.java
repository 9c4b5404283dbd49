package dev.flotilla.storage.mmap;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The threads that write and sync. Each takes one log that has something to write and writes all of
 * it at once; what arrives meanwhile is the next turn. A log is with one thread at a time, which
 * the log itself sees to. Platform threads: they are in system calls most of the time.
 *
 * <p>Waking a thread is a good part of what a sync costs. So the thread that became idle last is
 * woken first, while caches know it, and a log that has more to write when its turn ends stays with
 * its thread unless another log waits for one.
 */
final class Flushers implements AutoCloseable {

  /** Frames are gathered in this much memory for each thread: it stays in a core's cache. */
  private static final int BUFFER_BYTES = 256 << 10;

  /** One log's work. */
  @FunctionalInterface
  interface Task {

    /**
     * A turn. Does not throw.
     *
     * @param buffer the log's until this returns
     * @return whether there is more to do
     */
    boolean turn(ByteBuffer buffer);
  }

  /** Logs that wait for a thread: each is in it once at most. Guarded by this. */
  private final Deque<Task> waiting = new ArrayDeque<>();

  /** The newest first. Guarded by this. */
  private final Deque<Flusher> idle = new ArrayDeque<>();

  private final List<Thread> threads;
  private final ScheduledExecutorService timer;

  /** Written by who closes, read by the threads. */
  private volatile boolean closed;

  Flushers(int threadCount) {
    Thread.Builder builder = Thread.ofPlatform().daemon().name("mmap-flusher-", 0);
    this.threads =
        Stream.generate(() -> builder.unstarted(new Flusher())).limit(threadCount).toList();
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("mmap-rest-timer").factory());
    threads.forEach(Thread::start);
  }

  /** Gives a log its turn when a thread is free. */
  void submit(Task task) {
    Flusher flusher;
    synchronized (this) {
      flusher = idle.poll();
      if (flusher == null) {
        waiting.add(task);
        return;
      }
    }
    flusher.give(task);
  }

  /** A log that waits for a thread, or none: then the caller is idle from now on. */
  private synchronized @Nullable Task next(Flusher flusher) {
    Task task = waiting.poll();
    if (task == null) {
      idle.push(flusher);
    }
    return task;
  }

  /** The log that had a turn and wants another, unless one waits for longer. */
  private synchronized Task following(Task task) {
    Task longest = waiting.poll();
    if (longest == null) {
      return task;
    }
    waiting.add(task);
    return longest;
  }

  /** Runs something short later; forgotten when this is closed before. */
  void later(Runnable action, Duration delay) {
    if (!timer.isShutdown()) {
      var _ = timer.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** Ends the threads. All logs are closed: none of them has anything to do. */
  @Override
  public void close() {
    timer.shutdownNow();
    closed = true;
    threads.forEach(LockSupport::unpark);
  }

  /** One of the threads, with its memory at hand: an engine that gets none is not opened. */
  private final class Flusher implements Runnable {

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

    /** Written while this is idle by who gives it, taken by this thread. */
    private volatile @Nullable Task given;

    private volatile @Nullable Thread thread;

    void give(Task task) {
      given = task;
      LockSupport.unpark(thread);
    }

    @Override
    public void run() {
      thread = Thread.currentThread();
      Task task = take();
      while (task != null) {
        task = task.turn(buffer) ? following(task) : take();
      }
    }

    /** The next log; null when the threads are to end. */
    private @Nullable Task take() {
      Task task = next(this);
      while (task == null && !closed) {
        LockSupport.park(Flushers.this);
        // Who heard of a write on this thread may have left an interrupt, with which it never
        // waits.
        Thread.interrupted();
        task = given;
      }
      given = null;
      return task;
    }
  }
}
