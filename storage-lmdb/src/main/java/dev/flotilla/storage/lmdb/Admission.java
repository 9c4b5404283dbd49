package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.Continuation;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.WriteSet;
import java.util.Deque;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Where a log begins and ends once all that is pending is done, and whether an operation continues
 * that. Used under the monitor of the log's queue.
 */
final class Admission {

  private final LogId log;
  private final int maxEntryBytes;

  /** Reads headers of entries that readers see. */
  private final LongFunction<EntryHeader> headers;

  private LogBase base;

  /** What the next entry must continue. */
  private Continuation end;

  Admission(LogId log, LogView view, LongFunction<EntryHeader> headers, int maxEntryBytes) {
    this.log = log;
    this.maxEntryBytes = maxEntryBytes;
    this.headers = headers;
    this.base = view.base();
    this.end = new Continuation(view.endIndex(), view.endTerm(), view.endOffset());
  }

  /**
   * Admits a write.
   *
   * @param view what readers see
   * @param pending what is not in the view yet
   * @return where its entries go on from
   * @throws IllegalArgumentException if it does not continue the log
   */
  Continuation write(WriteSet set, LogView view, Deque<LogOperation> pending) {
    Continuation from = continuation(set.truncateFrom(), view, pending);
    end = from.behind(set.entries(), maxEntryBytes);
    return from;
  }

  /**
   * Admits a new base, of which the caller knows that it describes an entry of the log.
   *
   * @throws IllegalArgumentException if another that is pending lies behind it
   */
  void dropPrefix(LogBase newBase) {
    if (newBase.index() < base.index()) {
      throw new IllegalArgumentException(
          "log %s begins behind %s soon and cannot begin behind %s".formatted(log, base, newBase));
    }
    base = newBase;
  }

  /** All content goes. */
  void reset(LogBase newBase) {
    base = newBase;
    end = Continuation.behind(newBase);
  }

  /** What an entry at the end or at a truncation must continue. */
  private Continuation continuation(long truncateFrom, LogView view, Deque<LogOperation> pending) {
    if (truncateFrom <= base.index()) {
      throw new IllegalArgumentException(
          "log %s: truncation at %d, base at %d".formatted(log, truncateFrom, base.index()));
    }
    if (truncateFrom >= end.index()) {
      return end;
    }
    long last = truncateFrom - 1;
    if (last == base.index()) {
      return Continuation.behind(base);
    }
    return Continuation.behind(pendingHeader(last, view, pending));
  }

  /**
   * The header of an entry that will be there: the newest of those that are pending with its index,
   * or what readers see if there is none. A reset comes before all that is pending behind it.
   */
  private EntryHeader pendingHeader(long index, LogView view, Deque<LogOperation> pending) {
    for (var newest = pending.descendingIterator(); newest.hasNext(); ) {
      if (newest.next() instanceof LogOperation.Write write && !write.set().entries().isEmpty()) {
        List<Entry> entries = write.set().entries();
        long first = entries.getFirst().header().index();
        if (first <= index && index < first + entries.size()) {
          return entries.get((int) (index - first)).header();
        }
      }
    }
    if (!view.holds(index)) {
      throw new IllegalStateException("log " + log + ": entry " + index + " is nowhere");
    }
    return headers.apply(index);
  }

  /**
   * What readers may see of a view while operations are pending that may truncate it. Behind a
   * reset they truncate other content.
   */
  static LogView leftBy(List<LogOperation> pending, LogView view) {
    LogView left = view;
    for (LogOperation operation : pending) {
      if (operation instanceof LogOperation.Reset) {
        break;
      }
      if (operation instanceof LogOperation.Write write
          && write.set().truncateFrom() < left.endIndex()) {
        left = left.cutTo(write.from().index(), write.from().offset());
      }
    }
    return left;
  }
}
