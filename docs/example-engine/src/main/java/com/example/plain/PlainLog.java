package com.example.plain;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EngineContext;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.TermStart;
import dev.flotilla.storage.WriteSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A log in one file. Every change is made in memory at once; a thread then makes the file follow,
 * by appending what is new or, where something was removed, by writing all of it anew. All changes
 * that wait at that moment cost one sync together.
 *
 * <p>The log's monitor guards what readers see and is held for moments; {@link #writing} is held
 * while the file is written, and taken before it.
 */
final class PlainLog implements LogStore {

  private final PlainEngine engine;
  private final LogId id;
  private final int maxEntryBytes;
  private final Executor writers;

  private final Object writing = new Object();
  private final LogWriter writer;

  private final LogIndex index;

  /** Where the written entries of the index are. */
  private LogFile file;

  /** Whether the file holds entries that were removed. */
  private boolean outdated;

  /** The changes that the file does not hold yet. While there are any, a thread is on its way. */
  private List<CompletableFuture<Void>> pending = new ArrayList<>();

  /** Why the log takes no changes any more. */
  private Optional<StorageException> ended = Optional.empty();

  private boolean closing;
  private boolean closed;

  PlainLog(
      PlainEngine engine, LogId id, Recovery recovered, EngineContext context, Executor writers) {
    this.engine = engine;
    this.id = id;
    this.maxEntryBytes = context.maxEntryBytes();
    this.writers = writers;
    this.writer = recovered.writer();
    this.index = recovered.index();
    this.file = writer.file();
  }

  @Override
  public CompletableFuture<Void> write(WriteSet set) {
    return change(() -> outdated |= index.apply(set, maxEntryBytes));
  }

  @Override
  public CompletableFuture<Void> dropPrefix(LogBase base) {
    return change(() -> {
      if (!base.equals(index.base())) {
        index.dropPrefix(base);
        outdated = true;
      }
    });
  }

  @Override
  public CompletableFuture<Void> reset(LogBase base) {
    return change(() -> {
      if (!pending.isEmpty()) {
        throw new IllegalStateException("writes of log " + id + " are pending");
      }
      index.reset(base);
      outdated = true;
    });
  }

  private synchronized CompletableFuture<Void> change(Runnable change) {
    ensureWritable();
    change.run();
    CompletableFuture<Void> future = new CompletableFuture<>();
    pending.add(future);
    if (pending.size() == 1) {
      writers.execute(this::writePending);
    }
    return future;
  }

  private void writePending() {
    synchronized (writing) {
      List<CompletableFuture<Void>> changes;
      LogBase base;
      List<Stored> entries;
      boolean anew;
      synchronized (this) {
        if (pending.isEmpty()) {
          return;
        }
        changes = pending;
        pending = new ArrayList<>();
        base = index.base();
        anew = outdated;
        outdated = false;
        int first = anew ? 0 : index.durable().size();
        entries = List.copyOf(index.entries().subList(first, index.entries().size()));
      }
      try {
        publish(entries, anew ? writer.rewrite(base, entries, Entry::new) : writer.append(entries));
        changes.forEach(change -> change.complete(null));
      } catch (Throwable e) {
        fail(changes, Disk.failure("write log " + id, e));
      }
    }
  }

  private void publish(List<Stored> entries, List<Stored> written) {
    LogFile old;
    synchronized (this) {
      for (int i = 0; i < entries.size(); i++) {
        index.replace(entries.get(i), written.get(i));
      }
      index.publish();
      old = file;
      file = writer.file();
    }
    if (old != file) {
      old.release();
    }
  }

  /** Nothing is tried again: after a failed sync nobody knows what the file holds. */
  private void fail(List<CompletableFuture<Void>> changes, StorageException failure) {
    List<CompletableFuture<Void>> later;
    synchronized (this) {
      ended = Optional.of(failure);
      later = pending;
      pending = new ArrayList<>();
    }
    changes.forEach(change -> change.completeExceptionally(failure));
    later.forEach(change -> change.completeExceptionally(failure));
  }

  @Override
  public void compact(long fromIndex, long toIndex, EntryCompactor compactor) {
    synchronized (writing) {
      LogBase base;
      List<Stored> entries;
      synchronized (this) {
        ensureWritable();
        base = index.base();
        entries = List.copyOf(index.durable());
      }
      try {
        LogWriter.Change change = new Compaction(fromIndex, toIndex, compactor);
        publish(entries, writer.rewrite(base, entries, change));
      } catch (IOException | StorageException e) {
        StorageException failure = Disk.failure("compact log " + id, e);
        fail(List.of(), failure);
        throw failure;
      }
    }
  }

  @Override
  public Slice payload(long at) {
    return lend(() -> {
      Stored entry = index.range(at, at + 1).getFirst();
      return List.of(new LogIndex.Part(entry, 0, Integer.MAX_VALUE));
    });
  }

  @Override
  public Slice batches(long offset, long endOffset, int maxBytes, FirstBatch firstBatch) {
    return lend(() -> index.batches(offset, endOffset, maxBytes, firstBatch));
  }

  private Slice lend(Supplier<List<LogIndex.Part>> wanted) {
    List<LogIndex.Part> parts;
    LogFile source;
    synchronized (this) {
      ensureOpen();
      parts = wanted.get();
      source = file.retain();
    }
    List<ByteBuffer> buffers = new ArrayList<>();
    try {
      for (LogIndex.Part part : parts) {
        ByteBuffer payload = part.entry().payload(source);
        int to = Math.min(part.to(), payload.limit());
        buffers.add(payload.slice(part.from(), to - part.from()));
      }
    } catch (CorruptLogException e) {
      if (buffers.isEmpty()) {
        throw e;
      }
    } catch (IOException e) {
      throw Disk.failure("read log " + id, e);
    } finally {
      source.release();
    }
    return new HeapSlice(buffers);
  }

  private synchronized <T> T read(Supplier<T> answer) {
    ensureOpen();
    return answer.get();
  }

  private void ensureWritable() {
    ensureOpen();
    if (closing) {
      throw new LogClosedException("log " + id + " is being closed");
    }
    if (ended.isPresent()) {
      throw new LogClosedException("log " + id + " takes no writes", ended.get());
    }
  }

  private void ensureOpen() {
    if (closed) {
      throw new LogClosedException("log " + id + " is closed");
    }
  }

  @Override
  public LogId id() {
    return id;
  }

  @Override
  public LogBase base() {
    return read(index::base);
  }

  @Override
  public long endIndex() {
    return read(index::endIndex);
  }

  @Override
  public long endOffset() {
    return read(index::endOffset);
  }

  @Override
  public Optional<EntryHeader> lastHeader() {
    return read(() ->
        index.durable().isEmpty()
            ? Optional.empty()
            : Optional.of(index.durable().getLast().header()));
  }

  @Override
  public List<TermStart> termStarts() {
    return read(index::termStarts);
  }

  @Override
  public EntryHeader header(long at) {
    return read(() -> index.range(at, at + 1).getFirst().header());
  }

  @Override
  public void headers(long fromIndex, long toIndex, Consumer<EntryHeader> consumer) {
    List<Stored> range = read(() -> List.copyOf(index.range(fromIndex, toIndex)));
    range.forEach(entry -> consumer.accept(entry.header()));
  }

  @Override
  public OptionalLong indexOfOffset(long offset) {
    return read(() -> {
      int at = index.atOffset(offset);
      return at < index.durable().size()
          ? OptionalLong.of(index.firstIndex() + at)
          : OptionalLong.empty();
    });
  }

  @Override
  public synchronized long diskBytes() {
    ensureOpen();
    try {
      return file.size();
    } catch (IOException e) {
      throw Disk.failure("size of log " + id, e);
    }
  }

  @Override
  public LogStore reopenCutAt(long endIndex) {
    synchronized (this) {
      ensureOpen();
      ended = Optional.of(new StorageException("log " + id + " was opened again"));
      index.truncate(Math.clamp(endIndex - index.firstIndex(), 0, index.entries().size()));
    }
    return engine.reopened(this, endIndex);
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closing) {
        return;
      }
      closing = true;
    }
    CompletableFuture.runAsync(this::writePending, writers).join();
    synchronized (writing) {
      try {
        if (ended.isEmpty()) {
          writer.seal();
        }
      } catch (IOException e) {
        throw Disk.failure("close log " + id, e);
      } finally {
        synchronized (this) {
          closed = true;
        }
        writer.file().release();
        engine.closed(this);
      }
    }
  }
}
