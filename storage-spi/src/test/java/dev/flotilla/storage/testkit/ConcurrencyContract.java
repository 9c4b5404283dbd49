package dev.flotilla.storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.LogStore.FirstBatch;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Readers beside the writer. */
abstract class ConcurrencyContract extends LogContract {

  private static final int READERS = 3;

  private final AtomicBoolean written = new AtomicBoolean();

  /** Entries below it are never truncated. Set before readers start. */
  private long lowestTruncation = Long.MAX_VALUE;

  /** Every payload that was ever written at an index. */
  private final Map<Long, Set<ByteBuffer>> payloads = new ConcurrentHashMap<>();

  @Test
  void shouldShowWholeEntriesOnlyWhileTheLogGrows() {
    besideReaders(() -> {
      for (int i = 0; i < 200; i++) {
        List<Entry> next = entries.several(1 + i % 4, 100 + i * 20);
        remember(next);
        append(next);
      }
    });
  }

  @Test
  void shouldShowWholeEntriesOnlyWhileTheLogIsTruncated() {
    List<Entry> first = entries.several(50, 500);
    remember(first);
    append(first);
    lowestTruncation = 10;
    besideReaders(() -> {
      for (long round = 1; round <= 100; round++) {
        long from = 10 + round % 37;
        List<Entry> next = entriesFrom(from).term(round).several(20, 500);
        remember(next);
        CompletableFuture<Void> write = writeAsync(new WriteSet(from, next));
        if (round % 3 == 0) {
          EngineFixture.await(write);
        }
      }
      Entry last = entriesFrom(expected.endIndex()).raftOnly(0);
      remember(List.of(last));
      append(last);
    });
  }

  private void remember(List<Entry> written) {
    for (Entry entry : written) {
      payloads
          .computeIfAbsent(entry.header().index(), _ -> ConcurrentHashMap.newKeySet())
          .add(entry.payload());
    }
  }

  private void besideReaders(Runnable writer) {
    List<CompletableFuture<Void>> readers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      try {
        for (int i = 0; i < READERS; i++) {
          int seed = i;
          readers.add(CompletableFuture.runAsync(() -> readUntilWritten(seed), threads));
        }
        writer.run();
      } finally {
        written.set(true);
      }
      readers.forEach(EngineFixture::await);
    }
    LogComparison.assertSame(log, expected);
  }

  private void readUntilWritten(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    while (!written.get()) {
      long end = log.endIndex();
      if (end == 0) {
        continue;
      }
      long index = random.nextLong(end);
      try {
        ByteBuffer payload = LogReader.payload(log, index);
        assertThat(payloads.getOrDefault(index, Set.of())).contains(payload);
        assertThat(log.header(index).index()).isEqualTo(index);
        readBatches(index);
      } catch (IndexOutOfBoundsException e) {
        // The entry was truncated between the look at the end and the read.
        assertThat(index).isGreaterThanOrEqualTo(lowestTruncation);
      }
    }
  }

  /** One record per entry: offsets are indexes as long as the log begins at the origin. */
  private void readBatches(long offset) {
    ByteBuffer batch = LogReader.batches(log, offset, offset + 1, 1 << 20, FirstBatch.WHOLE);
    if (batch.hasRemaining()) {
      assertThat(payloads.getOrDefault(offset, Set.of())).contains(batch);
    }
  }
}
