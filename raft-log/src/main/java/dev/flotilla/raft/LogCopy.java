package dev.flotilla.raft;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Entries of one log, to be written to another or compared with it. The log is not written to
 * meanwhile. Used by one thread.
 */
final class LogCopy {

  private static final int CHUNK_ENTRIES = 512;
  private static final int CHUNK_BYTES = 4 << 20;

  /** So many chunks may be on their way to the disk while the next one is read. */
  private static final int IN_FLIGHT = 2;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final LogStore from;
  private final Progress progress;

  /** Headers that were read and not used yet. */
  private final Deque<EntryHeader> headers = new ArrayDeque<>();

  /** Hears how far it is. */
  @FunctionalInterface
  interface Progress {
    /**
     * Called after each chunk.
     *
     * @param entries done so far
     * @param bytes of their payloads
     */
    void at(long entries, long bytes);
  }

  /** What is copied cannot be read. */
  static final class SourceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final StorageException cause;

    SourceException(StorageException cause) {
      super(cause.getMessage(), cause);
      this.cause = cause;
    }

    StorageException cause() {
      return cause;
    }
  }

  /** Entries on their way, and what their payloads are lent from. */
  private record Chunk(List<Entry> entries, List<Slice> payloads, CompletableFuture<Void> written) {

    long bytes() {
      return entries.stream().mapToLong(entry -> entry.payload().remaining()).sum();
    }

    void giveBack() {
      payloads.forEach(Slice::close);
    }
  }

  LogCopy(LogStore from, Progress progress) {
    this.from = from;
    this.progress = progress;
  }

  /**
   * Writes all entries to an empty log behind the same base; all are written on return.
   *
   * @throws SourceException if this log cannot be read
   * @throws StorageException if the other takes no more
   */
  void writeTo(LogStore target) {
    Deque<Chunk> underWay = new ArrayDeque<>();
    long entries = 0;
    long bytes = 0;
    try {
      long end = from.endIndex();
      for (long index = first(); index < end || !underWay.isEmpty(); ) {
        if (index < end) {
          Chunk chunk = writing(target, read(index, end));
          underWay.add(chunk);
          index += chunk.entries().size();
        }
        while (underWay.size() > (index < end ? IN_FLIGHT - 1 : 0)) {
          Chunk oldest = underWay.getFirst();
          join(oldest.written());
          underWay.removeFirst().giveBack();
          entries += oldest.entries().size();
          bytes += oldest.bytes();
          progress.at(entries, bytes);
        }
      }
    } finally {
      // After a failure: the engine may still read what it was lent.
      underWay.forEach(chunk -> {
        var _ = chunk.written().handle((_, _) -> true).join();
        chunk.giveBack();
      });
    }
  }

  private static Chunk writing(LogStore target, Chunk chunk) {
    try {
      return new Chunk(
          chunk.entries(), chunk.payloads(), target.write(WriteSet.append(chunk.entries())));
    } catch (RuntimeException e) {
      chunk.giveBack();
      throw e;
    }
  }

  private static void join(CompletableFuture<Void> write) {
    try {
      write.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException failure ? failure : e;
    }
  }

  /**
   * Compares all that the two logs hold, reading it from both.
   *
   * @throws SourceException if this log cannot be read
   * @throws StorageException if the other cannot be read
   * @throws IllegalStateException if they differ, saying where
   */
  void compareWith(LogStore target) {
    compare("base", from.base(), target.base());
    compare("end index", from.endIndex(), target.endIndex());
    compare("end offset", from.endOffset(), target.endOffset());
    compare("terms", from.termStarts(), target.termStarts());
    long end = from.endIndex();
    long entries = 0;
    long bytes = 0;
    headers.clear();
    for (long index = first(); index < end; ) {
      Chunk chunk = read(index, end);
      try {
        compare(chunk.entries(), target);
        index += chunk.entries().size();
        entries += chunk.entries().size();
        bytes += chunk.bytes();
      } finally {
        chunk.giveBack();
      }
      progress.at(entries, bytes);
    }
  }

  private static void compare(List<Entry> entries, LogStore target) {
    long first = entries.getFirst().header().index();
    List<EntryHeader> stored = new ArrayList<>(entries.size());
    target.headers(first, first + entries.size(), stored::add);
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      compare("header of entry " + (first + i), entry.header(), stored.get(i));
      try (Slice payload = target.payload(first + i)) {
        if (!entry.payload().equals(only(payload))) {
          throw new IllegalStateException("the payload of entry " + (first + i) + " differs");
        }
      }
    }
  }

  private static void compare(String what, Object expected, Object found) {
    if (!expected.equals(found)) {
      throw new IllegalStateException(
          "the %s was %s and is now %s".formatted(what, expected, found));
    }
  }

  private long first() {
    LogBase base = from.base();
    return base.index() + 1;
  }

  /** The entries from an index on, as many as make a chunk, at least one. */
  private Chunk read(long index, long end) {
    if (headers.isEmpty()) {
      long to = Math.min(end, index + CHUNK_ENTRIES);
      reading(() -> {
        from.headers(index, to, headers::add);
        return to;
      });
    }
    List<Entry> entries = new ArrayList<>();
    List<Slice> payloads = new ArrayList<>();
    Chunk chunk = new Chunk(entries, payloads, CompletableFuture.completedFuture(null));
    long bytes = 0;
    try {
      while (!headers.isEmpty() && bytes < CHUNK_BYTES) {
        EntryHeader header = headers.removeFirst();
        Slice payload = reading(() -> from.payload(header.index()));
        payloads.add(payload);
        entries.add(new Entry(header, only(payload)));
        bytes += payload.bytes();
      }
      return chunk;
    } catch (RuntimeException e) {
      chunk.giveBack();
      throw e;
    }
  }

  /** A payload comes in one buffer, or in none where it is empty. */
  private static ByteBuffer only(Slice payload) {
    return payload.buffers().isEmpty() ? NOTHING : payload.buffers().getFirst();
  }

  private static <T> T reading(Supplier<T> read) {
    try {
      return read.get();
    } catch (StorageException e) {
      throw new SourceException(e);
    }
  }
}
