package dev.flotilla.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.Slice;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads the first records of a log again and again, in every way there is, and fails when one read
 * fails or tells something else than the first.
 */
final class SteadyReader implements AutoCloseable {

  private final AtomicLong rounds = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean ended;
  private CompletableFuture<@Nullable Void> reading = CompletableFuture.completedFuture(null);

  /** Begins to read records that are committed: those below an offset, which is not 0. */
  void start(ReplicatedLog log, long endOffset) {
    List<ByteBuffer> expected;
    try (Slice slice = log.read(0, Integer.MAX_VALUE, FirstBatch.WHOLE)) {
      expected = copy(slice);
    }
    reading = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("steady-reader")
        .start(() -> {
          try {
            while (!ended) {
              round(log, endOffset, expected);
              rounds.incrementAndGet();
            }
          } catch (RuntimeException | AssertionError e) {
            failure.set(e);
          } finally {
            reading.complete(null);
          }
        });
  }

  private static void round(ReplicatedLog log, long endOffset, List<ByteBuffer> expected) {
    assertThat(log.logStartOffset()).isZero();
    assertThat(log.highWatermark()).isGreaterThanOrEqualTo(endOffset);
    assertThat(log.logEndOffset()).isGreaterThanOrEqualTo(endOffset);
    assertThat(log.diskBytes()).isPositive();
    try (Slice slice = log.read(0, Integer.MAX_VALUE, FirstBatch.WHOLE)) {
      assertThat(copy(slice)).startsWith(expected.toArray(ByteBuffer[]::new));
    }
    long[] read = {0};
    log.headers(0, header -> read[0] = Math.max(read[0], header.endOffset()));
    assertThat(read[0]).isGreaterThanOrEqualTo(endOffset);
    assertThat(log.entryOfTime(0)).isPresent();
    assertThat(log.entryOfLargestTimestamp()).isPresent();
    assertThat(log.endOfTerm(log.leadership().term())).isPresent();
  }

  /** The bytes that a slice shows. */
  static List<ByteBuffer> copy(Slice slice) {
    return slice.buffers().stream()
        .map(part -> ByteBuffer.allocate(part.remaining()).put(part.duplicate()).flip())
        .toList();
  }

  /** Waits until it has read all of it once more from now on, with no failure so far. */
  void readsOn() throws InterruptedException {
    long before = rounds.get();
    // The round that runs now may have begun earlier.
    TestNodes.await("reads", () -> rounds.get() > before + 1 || failure.get() != null);
    assertThat(failure.get()).isNull();
  }

  @Override
  public void close() {
    ended = true;
    reading.join();
    assertThat(failure.get()).isNull();
  }
}
