package dev.flotilla.storage.testkit;

import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.WriteSet;
import java.util.List;

/** One thing done to a log, and what a crash in the middle of it may leave. */
sealed interface Change {

  /** The log after it. */
  LogContent apply(LogContent before);

  /** Whether a crash after it began and before it was complete may leave a log so. */
  default boolean mayLeave(LogContent before, LogContent found) {
    return before.sameAs(found) || apply(before).sameAs(found);
  }

  /**
   * The same where the crash may also take a tail of the entries; what is left is no begin of the
   * log before or after the change.
   */
  default boolean mayLeaveButForATail(LogContent before, LogContent found) {
    return mayLeave(before, found);
  }

  /** A write set: cut, and any number of its entries there. */
  record Written(WriteSet set) implements Change {
    @Override
    public LogContent apply(LogContent before) {
      LogContent after = before.copy();
      after.apply(set);
      return after;
    }

    @Override
    public boolean mayLeave(LogContent before, LogContent found) {
      if (before.sameAs(found)) {
        return true;
      }
      for (int count = 0; count <= set.entries().size(); count++) {
        WriteSet part = new WriteSet(set.truncateFrom(), set.entries().subList(0, count));
        if (new Written(part).apply(before).sameAs(found)) {
          return true;
        }
      }
      return false;
    }
  }

  /** A dropped prefix: the old base or the new. */
  record Dropped(LogBase base) implements Change {
    @Override
    public LogContent apply(LogContent before) {
      LogContent after = before.copy();
      after.dropPrefix(base);
      return after;
    }
  }

  /** A reset: as it was, or empty. */
  record Reset(LogBase base) implements Change {
    @Override
    public LogContent apply(LogContent before) {
      return new LogContent(base);
    }
  }

  /** A cut at opening: as it was, or cut. */
  record Cut(long endIndex) implements Change {
    @Override
    public LogContent apply(LogContent before) {
      LogContent after = before.copy();
      after.truncate(endIndex);
      return after;
    }
  }

  /** A compaction that has not returned: each entry in range as it was or as it becomes. */
  record Compacting(long fromIndex, long toIndex, EntryCompactor compactor) implements Change {
    @Override
    public LogContent apply(LogContent before) {
      LogContent after = before.copy();
      for (Entry entry : before.entries()) {
        long index = entry.header().index();
        if (index >= fromIndex && index < toIndex) {
          after.replace(Compaction.compact(entry, compactor));
        }
      }
      return after;
    }

    @Override
    public boolean mayLeave(LogContent before, LogContent found) {
      if (!before.base().equals(found.base()) || before.endIndex() != found.endIndex()) {
        return false;
      }
      LogContent full = apply(before);
      LogContent chosen = before.copy();
      for (Entry entry : found.entries()) {
        Entry compacted = full.entry(entry.header().index());
        boolean emptied =
            entry.header().kind() == EntryKind.EMPTIED
                && compacted.header().kind() == EntryKind.EMPTIED;
        if (emptied || entry.equals(compacted)) {
          chosen.replace(compacted);
        }
      }
      return chosen.sameAs(found);
    }

    @Override
    public boolean mayLeaveButForATail(LogContent before, LogContent found) {
      LogContent begin = before.copy();
      begin.truncate(Math.max(before.base().index() + 1, found.endIndex()));
      return mayLeave(begin, found);
    }
  }

  /** A compaction that has returned, with what it left: an engine may leave entries alone. */
  record Compacted(List<Entry> left) implements Change {
    @Override
    public LogContent apply(LogContent before) {
      LogContent after = before.copy();
      left.forEach(after::replace);
      return after;
    }
  }
}
