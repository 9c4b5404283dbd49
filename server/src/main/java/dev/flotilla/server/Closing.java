package dev.flotilla.server;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What must be closed, the last opened first. One part that does not close does not keep the others
 * from closing. Used by one thread at a time.
 */
final class Closing implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

  /** Parts that took less are not worth a word. */
  private static final long WORTH_A_WORD_MS = 50;

  private final Deque<Part> parts = new ArrayDeque<>();
  private final LongSupplier nanoTime;

  private record Part(String name, AutoCloseable closeable) {}

  Closing(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  <T extends AutoCloseable> T add(T part) {
    parts.push(new Part(part.getClass().getSimpleName(), part));
    return part;
  }

  /** For a part whose class does not say what it is. */
  void add(String name, AutoCloseable part) {
    parts.push(new Part(name, part));
  }

  @Override
  public void close() {
    var _ = timedClose();
  }

  /** The same. Returns how long it took and what of it took long, for a log. */
  String timedClose() {
    long begun = nanoTime.getAsLong();
    List<String> slow = new ArrayList<>();
    while (!parts.isEmpty()) {
      Part part = parts.pop();
      long partBegun = nanoTime.getAsLong();
      close(part);
      long tookMs = millisSince(partBegun);
      if (tookMs >= WORTH_A_WORD_MS) {
        slow.add(part.name() + " " + tookMs);
      }
    }
    return "%d ms%s%s"
        .formatted(
            millisSince(begun), slow.isEmpty() ? "" : ", of which ", String.join(", ", slow));
  }

  private static void close(Part part) {
    try {
      part.closeable().close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.error("{} did not close cleanly", part.name(), e);
    }
  }

  private long millisSince(long begun) {
    return TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - begun);
  }
}
