package dev.flotilla.benchmarks.jmh;

import dev.flotilla.benchmarks.subject.EngineLog;
import dev.flotilla.benchmarks.subject.SubjectLog;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageEngine;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** A log of a {@link Churn}: its entries are of sizes of its own, and it retains so many bytes. */
final class ChurnedLog {

  /** Least and most that an entry has, by the kind of log. */
  private static final int[][] SIZES = {{100, 1000}, {1000, 20_000}, {20_000, 200_000}};

  private static final int LARGEST_BYTES = 200_000;

  /** What all payloads are cut from. */
  private static final byte[] RANDOM_BYTES = new byte[LARGEST_BYTES];

  static {
    new SplittableRandom(47).nextBytes(RANDOM_BYTES);
  }

  private final LogId id = LogId.random();
  private final SplittableRandom random;
  private final LogStore store;

  /** As many as {@link #SIZES} and one more, which has entries of all sizes. */
  private final int kind;

  private final long retainedBytes;

  /** Of the entries it has, in their order. */
  private final Deque<Integer> sizes = new ArrayDeque<>();

  private long bytes;

  ChurnedLog(StorageEngine engine, long meanRetainedBytes, SplittableRandom random) {
    this.random = random;
    this.kind = random.nextInt(SIZES.length + 1);
    this.retainedBytes = meanRetainedBytes / 2 + random.nextLong(meanRetainedBytes);
    this.store = engine.create(id, LogBase.ORIGIN);
  }

  LogStore store() {
    return store;
  }

  /** What its payloads have. */
  long bytes() {
    return bytes;
  }

  /** Appends about so many bytes, at least one entry, as one write; see {@link EngineLog}. */
  CompletableFuture<Void> append(EngineLog appended, long wantedBytes) {
    List<ByteBuffer> payloads = new ArrayList<>();
    for (long left = wantedBytes; payloads.isEmpty() || left > 0; ) {
      int[] bounds = SIZES[kind < SIZES.length ? kind : random.nextInt(SIZES.length)];
      int size = random.nextInt(bounds[0], bounds[1]);
      payloads.add(ByteBuffer.wrap(RANDOM_BYTES, 0, size).slice());
      sizes.addLast(size);
      bytes += size;
      left -= size;
    }
    return appended.append(payloads);
  }

  /** Cuts off the last entries, as a new leader may. Nothing is on its way. */
  CompletableFuture<Void> truncate() {
    long from = Math.max(store.base().index() + 2, store.endIndex() - random.nextInt(1, 10));
    for (long index = store.endIndex(); index > from; index--) {
      bytes -= sizes.removeLast();
    }
    return store.write(WriteSet.truncate(from));
  }

  /** Drops what it need not retain. Nothing is on its way. */
  CompletableFuture<Void> retain() {
    long last = store.base().index();
    while (bytes > retainedBytes && last + 2 < store.endIndex() - 1) {
      bytes -= sizes.removeFirst();
      last++;
    }
    if (last == store.base().index()) {
      return SubjectLog.DONE;
    }
    EntryHeader header = store.header(last);
    return store.dropPrefix(new LogBase(last, header.term(), header.endOffset(), header.digest()));
  }

  void delete(StorageEngine engine) {
    store.close();
    engine.delete(id);
  }
}
