package dev.flotilla.raft;

import dev.flotilla.proto.Checkpoint;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides when a replica's checkpoint is written, and writes it beside the applying thread: every
 * {@value #ENTRIES} entries, after 30 s of change, and when asked.
 */
final class Checkpointing {

  static final long ENTRIES = 4096;

  private static final Logger LOG = LoggerFactory.getLogger(Checkpointing.class);

  private final String name;
  private final CheckpointStore store;
  private final Executor background;
  private final Supplier<Checkpoint> take;
  private final Consumer<Checkpoint> written;

  /** Held from the taking of a checkpoint until it is durable, so that they stay in order. */
  private final Object oneWriter = new Object();

  /** The index that the newest durable checkpoint covers. Guarded by this. */
  private long durableIndex;

  /** What was asked for and has not begun, or null. Guarded by this. */
  private @Nullable CompletableFuture<Void> next;

  /** Whether a thread is writing. Guarded by this. */
  private boolean writing;

  /** Nothing is written any more. Guarded by this. */
  private boolean closed;

  /**
   * For a replica whose newest checkpoint covers an index.
   *
   * @param background runs the writing; may block
   * @param take takes a checkpoint of the state as it is
   * @param written told of each that became durable
   */
  Checkpointing(
      String name,
      CheckpointStore store,
      long durableIndex,
      Executor background,
      Supplier<Checkpoint> take,
      Consumer<Checkpoint> written) {
    this.name = name;
    this.store = store;
    this.durableIndex = durableIndex;
    this.background = background;
    this.take = take;
    this.written = written;
  }

  /** An entry was applied. Cheap. */
  void applied(long index) {
    synchronized (this) {
      if (index - durableIndex < ENTRIES || next != null || writing) {
        return;
      }
    }
    var _ = request();
  }

  /** Thirty seconds went by. */
  void tick(long appliedIndex) {
    synchronized (this) {
      if (appliedIndex <= durableIndex) {
        return;
      }
    }
    var _ = request();
  }

  /** Asks for a checkpoint of the state now or later; complete when it is durable. */
  synchronized CompletableFuture<Void> request() {
    if (closed) {
      return CompletableFuture.failedFuture(new IOException(name + " is closed"));
    }
    if (next == null) {
      next = new CompletableFuture<>();
      if (!writing) {
        writing = true;
        background.execute(this::run);
      }
    }
    return next;
  }

  private void run() {
    while (true) {
      CompletableFuture<Void> asked;
      synchronized (this) {
        asked = next;
        next = null;
        if (asked == null || closed) {
          writing = false;
          notifyAll();
          break;
        }
      }
      try {
        write();
        asked.complete(null);
      } catch (IOException | RuntimeException e) {
        LOG.warn("{}: a checkpoint could not be written", name, e);
        asked.completeExceptionally(e);
      }
    }
  }

  private void write() throws IOException {
    synchronized (oneWriter) {
      write(take.get());
    }
  }

  /**
   * Makes a checkpoint that came from elsewhere the newest. The caller has seen to it that none is
   * taken of the present state any more.
   */
  void install(Checkpoint checkpoint) throws IOException {
    synchronized (oneWriter) {
      write(checkpoint);
    }
  }

  private void write(Checkpoint checkpoint) throws IOException {
    store.write(checkpoint);
    synchronized (this) {
      durableIndex = Math.max(durableIndex, checkpoint.getIndex());
    }
    written.accept(checkpoint);
  }

  /** Writes nothing from now on, except what this call writes itself if the state changed. */
  void close(long appliedIndex) {
    boolean changed;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      boolean interrupted = false;
      while (writing) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (next != null) {
        next.completeExceptionally(new IOException(name + " is closed"));
        next = null;
      }
      changed = appliedIndex > durableIndex;
    }
    if (changed) {
      try {
        write();
      } catch (IOException | RuntimeException e) {
        LOG.warn("{}: the last checkpoint could not be written; the log is replayed", name, e);
      }
    }
  }
}
