package dev.flotilla.raft;

import dev.flotilla.raft.FlushTracker.Waiter;
import dev.flotilla.raft.FlushTracker.Write;
import dev.flotilla.raft.RecentEntries.Recent;
import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.Digest;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogClosedException;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import dev.flotilla.storage.WriteSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;

/**
 * What a replica knows of its log without a disk, and the one way in which the log changes: memory
 * and store move together, under this object's lock.
 *
 * <p>What it knows: where the log begins and ends, the terms of its entries, which of them are
 * configurations, which are durable, and the newest entries themselves.
 *
 * <p>Writers hold the group's monitor, so that there is one at a time. The lock is never held for a
 * disk and no future is completed under it.
 */
final class LogMemory {

  /** In place of an index to truncate from: nothing is cut. */
  private static final long KEEP = WriteSet.KEEP;

  /** What readers without the lock see; replaced as a whole. */
  private record View(LogStart start, LogTail tail, TermRanges terms, long baseIndex) {}

  private final LogStore store;
  private final LogHost host;
  private final FlushTracker flushes;
  private final RecentEntries recent;
  private final NavigableSet<Long> configurations = new TreeSet<>();

  /** Written under the lock, read by any thread. */
  private volatile View view;

  /** Set once under the lock when a write failed; read by any thread. */
  private volatile @Nullable Throwable failure;

  /** Whether content is being replaced. Written under the lock, read by any thread. */
  private volatile boolean resetting;

  /** The last entry that was applied here. Written by the applying thread, read under the lock. */
  private volatile long appliedIndex;

  /** The last write that was handed over. Guarded by the lock. */
  private CompletableFuture<Void> lastWrite = CompletableFuture.completedFuture(null);

  /**
   * Of an open log.
   *
   * @param start where the group's log begins, at or above the store's base
   * @param appliedIndex the last entry that will not be applied again
   * @param recentBytes how much of what is durable is kept in memory at most
   */
  LogMemory(LogStore store, LogStart start, long appliedIndex, long recentBytes, LogHost host) {
    this.store = store;
    this.host = host;
    this.recent = new RecentEntries(recentBytes);
    this.flushes = new FlushTracker(store.endIndex() - 1);
    this.appliedIndex = appliedIndex;
    LogBase base = store.base();
    TermRanges terms = TermRanges.of(base, store.termStarts());
    this.view = new View(start, LogTail.of(store), terms, base.index());
  }

  LogStart start() {
    return view.start();
  }

  LogTail tail() {
    return view.tail();
  }

  long flushIndex() {
    return flushes.flushIndex();
  }

  /** Term and index of an entry, or of the one before the log's start; null of any other. */
  @Nullable TermIndex termIndex(long index) {
    View now = view;
    if (index < 0
        || index < now.start().index() - 1
        || index < now.baseIndex()
        || index > now.tail().lastIndex()) {
      return null;
    }
    return TermIndex.valueOf(now.terms().termOf(index), index);
  }

  synchronized List<TermIndex> configurations(long fromIndex, long endIndex) {
    if (fromIndex >= endIndex) {
      return List.of();
    }
    TermRanges terms = view.terms();
    return configurations.subSet(fromIndex, endIndex).stream()
        .map(index -> TermIndex.valueOf(terms.termOf(index), index))
        .toList();
  }

  /** A configuration was found in the log when it was opened. */
  synchronized void foundConfiguration(long index) {
    configurations.add(index);
  }

  synchronized @Nullable Recent recent(long index) {
    return recent.get(index);
  }

  /** Entries up to this one were applied. */
  void applied(long index) {
    appliedIndex = index;
  }

  /** A future of the index, complete when the entry is durable. */
  synchronized CompletableFuture<Long> durable(long index) {
    Throwable failed = failure;
    return failed == null
        ? flushes.waitFor(index)
        : CompletableFuture.failedFuture(takesNoWrites(failed));
  }

  void checkWritable() {
    Throwable failed = failure;
    if (failed != null) {
      throw takesNoWrites(failed);
    }
    if (resetting) {
      throw new LogClosedException(store.id() + " is being reset to its leader's start");
    }
  }

  private LogClosedException takesNoWrites(Throwable cause) {
    return new LogClosedException(store.id() + " takes no writes any more", cause);
  }

  /** A leader's new entry of records, not in the log yet. */
  Recent records(long term, BuiltEntry built) {
    LogTail tail = tail();
    long index = tail.nextIndex();
    long digest =
        Digest.next(tail.digest(), index, built.baseOffset(), built.offsetSpan(), built.payload());
    EntryHeader header =
        new EntryHeader(
            index,
            term,
            EntryKind.DATA,
            built.baseOffset(),
            built.offsetSpan(),
            built.appendTimeMs(),
            built.maxTimestampMs(),
            Math.max(tail.largestTimestampMs(), built.maxTimestampMs()),
            digest,
            built.batches(),
            built.attributes());
    Entry stored = new Entry(header, built.payload());
    return new Recent(stored, EntryCodec.withPayload(header, built.payload()));
  }

  /** A new entry without records, not in the log yet. */
  Recent raftOnly(LogEntryProto entry) {
    return Reception.raftOnly(tail(), entry);
  }

  /**
   * Appends entries that continue the log; see {@link #replace}. The future is one of the last
   * entry's index, complete when it is durable.
   */
  CompletableFuture<Long> append(List<Recent> added) {
    return write(KEEP, null, added);
  }

  /**
   * Cuts what lies behind a tail, then appends. Called by a holder of the group's monitor, which
   * also guarantees that the entries continue the tail. The future is one of the last entry's
   * index, complete when it, and the cut, are durable.
   */
  CompletableFuture<Long> replace(LogTail before, List<Recent> added) {
    return write(before.nextIndex(), before, added);
  }

  private CompletableFuture<Long> write(
      long truncateFrom, @Nullable LogTail before, List<Recent> added) {
    WriteSet set = new WriteSet(truncateFrom, added.stream().map(Recent::stored).toList());
    CompletableFuture<Void> written;
    CompletableFuture<Long> durable;
    Write write;
    List<Waiter> cut;
    synchronized (this) {
      checkWritable();
      try {
        written = store.write(set);
      } catch (StorageException e) {
        written = CompletableFuture.failedFuture(e);
      }
      cut = before == null ? List.of() : truncate(before);
      added.forEach(this::add);
      write = flushes.begin(view.tail().lastIndex());
      long last = view.tail().lastIndex();
      durable = added.isEmpty() ? written.thenApply(done -> last) : flushes.waitFor(last);
      lastWrite = written;
      evict();
    }
    fail(cut, new LogClosedException(store.id() + ": the entry was cut by a newer leader"));
    var _ = written.whenComplete((done, cause) -> written(write, cause));
    return durable;
  }

  private void add(Recent entry) {
    EntryHeader header = entry.header();
    recent.add(entry);
    if (entry.sent().hasConfigurationEntry()) {
      configurations.add(header.index());
    }
    View now = view;
    TermRanges terms = now.terms().with(header.index(), header.term());
    view = new View(now.start(), LogTail.after(header), terms, now.baseIndex());
  }

  private List<Waiter> truncate(LogTail tail) {
    View now = view;
    long fromIndex = tail.nextIndex();
    recent.truncate(fromIndex);
    configurations.tailSet(fromIndex, true).clear();
    view = new View(now.start(), tail, now.terms().truncated(fromIndex), now.baseIndex());
    return flushes.truncated(fromIndex);
  }

  private void written(Write write, @Nullable Throwable cause) {
    if (cause != null) {
      failed(cause);
      return;
    }
    List<Waiter> durable;
    synchronized (this) {
      durable = flushes.finished(write);
      evict();
    }
    durable.forEach(Waiter::complete);
    host.flushed();
  }

  /** First no more appends, then no more leadership, then the answers, then the end. */
  private void failed(Throwable cause) {
    synchronized (this) {
      if (failure != null) {
        return;
      }
      failure = cause;
    }
    host.writeFailed(cause);
    List<Waiter> waiting;
    synchronized (this) {
      waiting = flushes.abandoned();
    }
    fail(waiting, cause);
    host.closeAfterFailure(cause);
  }

  private static void fail(List<Waiter> waiting, Throwable cause) {
    waiting.forEach(waiter -> waiter.future().completeExceptionally(cause));
  }

  /** Waits until what was handed over is durable, or has failed. Nothing more may be. */
  void awaitWrites() {
    CompletableFuture<Void> pending;
    synchronized (this) {
      pending = lastWrite;
    }
    pending.exceptionally(e -> null).join();
  }

  /** Nobody will be answered any more. */
  void abandon() {
    List<Waiter> waiting;
    synchronized (this) {
      waiting = flushes.abandoned();
    }
    fail(waiting, new LogClosedException(store.id() + " was closed"));
  }

  private void evict() {
    recent.evict(flushes.flushIndex(), Math.min(appliedIndex, host.followersHaveUpTo()));
  }

  /** The log begins here from now on. What lies below stays on the disk until it is dropped. */
  synchronized void moveStart(LogStart start) {
    View now = view;
    view = new View(start, now.tail(), now.terms(), now.baseIndex());
    configurations.headSet(start.index()).clear();
  }

  /** The base of a log that begins at a start; reads the disk, and reports what is damaged. */
  LogBase baseBefore(LogStart start) {
    LogBase base = store.base();
    if (start.index() - 1 <= base.index()) {
      return base;
    }
    try {
      EntryHeader before = store.header(start.index() - 1);
      return new LogBase(before.index(), before.term(), before.endOffset(), before.digest());
    } catch (CorruptLogException e) {
      host.damaged("what precedes the log's start cannot be read: " + e.getMessage(), e);
      throw e;
    }
  }

  /** Drops what lies below a base, which is at most the entry before the start. */
  synchronized CompletableFuture<Void> dropPrefix(LogBase base) {
    View now = view;
    if (base.index() <= now.baseIndex()) {
      return CompletableFuture.completedFuture(null);
    }
    TermRanges terms = now.terms().droppedTo(base.index());
    view = new View(now.start(), now.tail(), terms, base.index());
    return store.dropPrefix(base);
  }

  /**
   * Replaces the log by nothing behind a base and waits until that is durable. For a follower that
   * fell behind the leader's start, while Raft refuses everything else.
   */
  void reset(LogStart start, LogBase base) {
    CompletableFuture<Void> pending;
    synchronized (this) {
      checkWritable();
      resetting = true;
      pending = lastWrite;
    }
    List<Waiter> cut;
    try {
      // Neither is awaited under the lock: the thread that completes them may be waiting for it.
      pending.exceptionally(e -> null).join();
      store.reset(base).join();
    } finally {
      synchronized (this) {
        resetting = false;
      }
    }
    synchronized (this) {
      recent.clear();
      configurations.clear();
      view = new View(start, LogTail.behind(base), TermRanges.behind(base), base.index());
      cut = flushes.resetTo(base.index());
    }
    fail(cut, new LogClosedException(store.id() + ": the log was reset to the leader's start"));
  }
}
