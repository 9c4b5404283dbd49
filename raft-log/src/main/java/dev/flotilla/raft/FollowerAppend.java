package dev.flotilla.raft;

import dev.flotilla.raft.RecentEntries.Recent;
import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogStore;
import dev.flotilla.storage.StorageException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLogIOException;

/**
 * How a follower's log takes what its leader sent: entries that are here already count, those that
 * contradict are cut, the rest is appended.
 *
 * <p>Ratis checks a request under the group's monitor and appends it after it gave the monitor
 * back. A vote for a newer term may have been cast in between, on a log without these entries; so
 * the monitor is taken again, and the request fails if the term is not the one of the check. The
 * thread that checks is the one that appends.
 */
final class FollowerAppend {

  private final String name;
  private final LogStore store;
  private final LogMemory memory;
  private final LogHost host;
  private final LongSupplier commitIndex;
  private final Runnable checkOpen;

  /** The term that this thread saw when Ratis checked the AppendEntries it is about to append. */
  private final ThreadLocal<Long> checkedTerm = new ThreadLocal<>();

  /**
   * Of one log.
   *
   * @param commitIndex what is committed is never cut
   * @param checkOpen throws if the log takes no entries
   */
  FollowerAppend(
      String name,
      LogStore store,
      LogMemory memory,
      LogHost host,
      LongSupplier commitIndex,
      Runnable checkOpen) {
    this.name = name;
    this.store = store;
    this.memory = memory;
    this.host = host;
    this.commitIndex = commitIndex;
    this.checkOpen = checkOpen;
  }

  /** Ratis looks at the log: under the monitor that is the check of a request, in this term. */
  void checking() {
    if (Thread.holdsLock(host.monitor())) {
      checkedTerm.set(host.currentTerm());
    }
  }

  /**
   * Appends the entries of a request, at least one. The future completes with the last one's index
   * when every one of them is durable here, those too that were here before.
   */
  CompletableFuture<Long> append(List<LogEntryProto> entries) {
    synchronized (host.monitor()) {
      Long checked = checkedTerm.get();
      checkedTerm.remove();
      try {
        checkOpen.run();
        if (checked == null || checked != host.currentTerm()) {
          throw new RaftLogIOException(
              name + ": checked in term " + checked + ", now it is " + host.currentTerm());
        }
        return appendChecked(entries);
      } catch (DivergedException e) {
        host.damaged("diverged: " + e.getMessage(), e);
        return CompletableFuture.failedFuture(e);
      } catch (CorruptLogException e) {
        host.damaged("what precedes an entry cannot be read: " + e.getMessage(), e);
        return CompletableFuture.failedFuture(e);
      } catch (RaftLogIOException | RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
  }

  private CompletableFuture<Long> appendChecked(List<LogEntryProto> entries)
      throws RaftLogIOException, DivergedException {
    int present = 0;
    long next = memory.tail().nextIndex();
    while (present < entries.size() && holds(entries.get(present), next)) {
      present++;
    }
    if (present == entries.size()) {
      return memory.durable(entries.getLast().getIndex());
    }
    long from = entries.get(present).getIndex();
    if (from > next) {
      throw new RaftLogIOException(name + ": entry " + from + " after " + (next - 1));
    }
    List<LogEntryProto> added = entries.subList(present, entries.size());
    if (from == next) {
      return memory.append(Reception.verify(memory.tail(), added));
    }
    checkTruncation(from);
    LogTail before = tailBefore(from);
    return memory.replace(before, Reception.verify(before, added));
  }

  private boolean holds(LogEntryProto entry, long next) {
    if (entry.getIndex() < memory.start().index()) {
      return true;
    }
    if (entry.getIndex() >= next) {
      return false;
    }
    TermIndex own = memory.termIndex(entry.getIndex());
    return own != null && own.getTerm() == entry.getTerm();
  }

  private void checkTruncation(long from) throws RaftLogIOException {
    if (from <= commitIndex.getAsLong()) {
      throw new RaftLogIOException(
          name + ": entries from " + from + " are committed up to " + commitIndex.getAsLong());
    }
    if (memory.tail().lastTerm() == host.currentTerm()) {
      throw new RaftLogIOException(name + ": an entry of the current term would be cut at " + from);
    }
  }

  private EntryHeader header(long index) {
    Recent recent = memory.recent(index);
    return recent != null ? recent.header() : store.header(index);
  }

  /** May read the disk; only a new leader cuts, and only what is not committed. */
  private LogTail tailBefore(long index) {
    LogBase base = store.base();
    return index == base.index() + 1 ? LogTail.behind(base) : LogTail.after(header(index - 1));
  }

  /** Cuts the entries from an index on, as Ratis asks. Complete when that is durable. */
  CompletableFuture<Long> truncate(long index) {
    synchronized (host.monitor()) {
      try {
        checkTruncation(index);
        return memory.replace(tailBefore(index), List.of());
      } catch (CorruptLogException e) {
        host.damaged("what precedes an entry cannot be read: " + e.getMessage(), e);
        return CompletableFuture.failedFuture(e);
      } catch (RaftLogIOException | StorageException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
  }
}
