package dev.flotilla.storage.mmap;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The threads that write and sync. Each takes one log that has something to write and writes all of
 * it at once; what arrives meanwhile is the next turn. A log is with one thread at a time, which
 * the log itself sees to. Platform threads: they are in system calls most of the time.
 */
final class Flushers implements AutoCloseable {

  /** Frames are gathered in this much memory for each thread. */
  private static final int BUFFER_BYTES = 1 << 20;

  /** Gives a flusher one log's work; the buffer is the log's until it returns. Does not throw. */
  interface Task extends Consumer<ByteBuffer> {}

  /** Bounded by the number of logs: each is in it once at most. */
  private final LinkedBlockingQueue<Task> turns = new LinkedBlockingQueue<>();

  private final List<Thread> threads;
  private final ScheduledExecutorService timer;

  Flushers(int threadCount) {
    Thread.Builder builder = Thread.ofPlatform().daemon().name("mmap-flusher-", 0);
    this.threads = Stream.generate(() -> thread(builder)).limit(threadCount).toList();
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("mmap-rest-timer").factory());
    threads.forEach(Thread::start);
  }

  /** Gives a log its turn when a thread is free. */
  void submit(Task turn) {
    turns.add(turn);
  }

  /** Runs something short later; forgotten when this is closed before. */
  void later(Runnable action, Duration delay) {
    if (!timer.isShutdown()) {
      var _ = timer.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** With its memory at hand: an engine that gets none is not opened. */
  private Thread thread(Thread.Builder builder) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    return builder.unstarted(() -> run(buffer));
  }

  private void run(ByteBuffer buffer) {
    try {
      while (true) {
        turns.take().accept(buffer);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the threads. All logs are closed: no thread is interrupted while it writes. */
  @Override
  public void close() {
    timer.shutdownNow();
    threads.forEach(Thread::interrupt);
  }
}
