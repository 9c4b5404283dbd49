package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.TermStart;
import dev.flotilla.storage.WriteSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.lmdbjava.Dbi;

/**
 * One log in one transaction: does operations to it and writes its new record. Until the
 * transaction is committed, nobody but this knows of them.
 *
 * <p>A truncation, a dropped prefix and a reset only move the log's ends in its record. Rows that
 * are left outside are removed by {@link #removeRemains}, in this transaction and those that
 * follow; an entry that is appended where such rows are removes them first.
 */
final class LogWriter {

  private final LogId id;
  private final Changes changes;
  private final EntryReader reader;
  private final int log;
  private final List<TermStart> terms;
  private final PayloadStream payloads;
  private LogBase base;
  private long endIndex;
  private long endOffset;
  private long storedFrom;
  private long storedTo;
  private long diskBytes;
  private boolean changed;

  LogWriter(LogId id, LogState state, Changes changes, int maxEntryBytes) {
    LogRecord record = state.record();
    this.id = id;
    this.changes = changes;
    this.log = record.log();
    this.reader = new EntryReader(id, log, changes, maxEntryBytes);
    this.terms = new ArrayList<>(state.termStarts());
    this.payloads = new PayloadStream(changes, log, record.stream());
    this.base = record.base();
    this.endIndex = record.endIndex();
    this.endOffset = state.endOffset();
    this.storedFrom = record.storedFrom();
    this.storedTo = record.storedTo();
    this.diskBytes = record.diskBytes();
  }

  /** The log as the transaction leaves it. */
  LogState state() {
    LogRecord record =
        new LogRecord(
            log,
            base,
            endIndex,
            storedFrom,
            storedTo,
            diskBytes + payloads.grownBytes(),
            terms.size(),
            payloads.extent());
    return new LogState(record, terms, endOffset);
  }

  /**
   * Cuts and appends.
   *
   * @param from how many entries of the set an earlier transaction has taken
   * @return how many it has taken now; the rest does not fit
   */
  int write(WriteSet set, int from) {
    if (from == 0 && set.truncateFrom() < endIndex) {
      truncate(set.truncateFrom());
    }
    int taken = from;
    while (taken < set.entries().size() && (taken == from || !changes.isFull())) {
      append(set.entries().get(taken));
      taken++;
    }
    return taken;
  }

  /** Cuts before an entry that the log holds. */
  void truncate(long fromIndex) {
    endOffset =
        fromIndex == base.index() + 1
            ? base.offset()
            : reader.entry(fromIndex - 1).header().endOffset();
    payloads.truncate(positionOf(fromIndex));
    endIndex = fromIndex;
    forgetTerms(fromIndex, Long.MAX_VALUE);
    changed = true;
  }

  /** Where an entry's payload begins; behind all others if it cannot be told: a gap is no harm. */
  private long positionOf(long index) {
    try {
      return reader.entry(index).streamPosition();
    } catch (CorruptLogException damaged) {
      return payloads.end();
    }
  }

  private void append(Entry entry) {
    EntryHeader header = entry.header();
    if (header.index() < storedTo) {
      removeRows(header.index());
    }
    putHeader(entry, payloads.append(entry.payload()));
    if (terms.isEmpty() || terms.getLast().term() != header.term()) {
      putTerm(new TermStart(header.term(), header.index(), header.baseOffset()));
    }
    storedFrom = storedFrom == storedTo ? header.index() : Math.min(storedFrom, header.index());
    endIndex = header.index() + 1;
    storedTo = Math.max(storedTo, endIndex);
    endOffset = header.endOffset();
    changed = true;
    changes.countEntry((long) header.encodedBytes() + entry.payload().remaining());
  }

  private void putHeader(Entry entry, long position) {
    ByteBuffer row = HeaderRow.encode(id, entry.header(), entry.payload(), position);
    long index = entry.header().index();
    int first = Math.min(row.limit(), HeaderRow.HEAD_BYTES + HeaderRow.FIRST_PART_BYTES);
    Dbi<ByteBuffer> headers = changes.databases.headers();
    reserve(headers, Keys.entry(changes.key, log, index, 0), first).put(0, row, 0, first);
    for (int part = 1; part <= HeaderRow.furtherParts(row.limit()); part++) {
      int from = first + (part - 1) * Keys.PART_BYTES;
      int bytes = Math.min(Keys.PART_BYTES, row.limit() - from);
      reserve(headers, Keys.entry(changes.key, log, index, part), bytes).put(0, row, from, bytes);
    }
  }

  /** Puts the payload of an entry that is rewritten into rows of its own. */
  private void putRewritten(Entry entry) {
    ByteBuffer payload = entry.payload();
    int part = 0;
    for (int from = payload.position(); from < payload.limit(); from += Keys.PART_BYTES) {
      int bytes = Math.min(Keys.PART_BYTES, payload.limit() - from);
      ByteBuffer key = Keys.rewritten(changes.key, log, entry.header().index(), part);
      reserve(changes.databases.payloads(), key, bytes).put(0, payload, from, bytes);
      part++;
    }
  }

  private ByteBuffer reserve(Dbi<ByteBuffer> database, ByteBuffer key, int bytes) {
    diskBytes += Keys.rowBytes(key.remaining(), bytes);
    return changes.reserve(database, key, bytes);
  }

  /** The rows of one entry but for blocks; the index of the next that has any. */
  private long removeRows(long index) {
    long mark = Keys.mark(index);
    diskBytes -= changes.removeRows(changes.databases.payloads(), log, mark, mark + 1).bytes();
    Changes.Removed heads = changes.removeRows(changes.databases.headers(), log, index, index + 1);
    diskBytes -= heads.bytes();
    return heads.next() == Changes.NONE ? Long.MAX_VALUE : heads.next();
  }

  void dropPrefix(LogBase newBase) {
    long first = newBase.index() + 1;
    StoredEntry entry = reader.entry(first);
    EntryHeader header = entry.header();
    payloads.dropPrefix(entry.streamPosition());
    forgetTerms(0, first + 1);
    TermStart start = new TermStart(header.term(), first, header.baseOffset());
    putTermAt(0, start);
    base = newBase;
    changed = true;
  }

  void reset(LogBase newBase) {
    forgetTerms(0, Long.MAX_VALUE);
    payloads.dropPrefix(payloads.end());
    base = newBase;
    endIndex = newBase.index() + 1;
    endOffset = newBase.offset();
    changed = true;
  }

  /** Puts entries in the place of those they were made from, where these are there. */
  void replace(List<LogOperation.Replacement> replacements) {
    UnusedBlocks unused = new UnusedBlocks(reader, base.index() + 1, endIndex);
    for (LogOperation.Replacement replacement : replacements) {
      long index = replacement.entry().header().index();
      boolean held = index > base.index() && index < endIndex;
      StoredEntry stored = held ? reader.entry(index) : null;
      if (stored != null && stored.checksum() == replacement.before().checksum()) {
        removeRows(index);
        putHeader(replacement.entry(), ~stored.streamPosition());
        putRewritten(replacement.entry());
        unused.rewritten(stored);
        changed = true;
      }
    }
    unused.removeFrom(payloads);
  }

  private void putTerm(TermStart start) {
    putTermAt(terms.size(), start);
  }

  private void putTermAt(int place, TermStart start) {
    terms.add(place, start);
    ByteBuffer key = Keys.term(changes.key, log, start.index());
    ByteBuffer value = changes.reserve(changes.databases.logs(), key, TermRow.BYTES);
    TermRow.write(start, key, value);
  }

  private void forgetTerms(long fromIndex, long toIndex) {
    for (TermStart start : List.copyOf(terms)) {
      if (start.index() >= fromIndex && start.index() < toIndex) {
        changes.remove(changes.databases.logs(), Keys.term(changes.key, log, start.index()));
        terms.remove(start);
      }
    }
  }

  /** Removes rows of entries that the log does not hold, as many as the transaction takes. */
  void removeRemains() {
    while (storedFrom < Math.min(base.index() + 1, storedTo) && !changes.hasRemovedEnough()) {
      storedFrom = Math.min(storedTo, removeRows(storedFrom));
      changed = true;
    }
    if (storedFrom == storedTo && storedFrom != endIndex) {
      storedFrom = endIndex;
      storedTo = endIndex;
      changed = true;
    }
    long from = Math.max(storedFrom, endIndex);
    while (from < storedTo && !changes.hasRemovedEnough()) {
      from = Math.min(storedTo, removeRows(from));
      changed = true;
      if (from == storedTo) {
        storedTo = Math.max(storedFrom, endIndex);
      }
    }
    storedFrom = Math.min(storedFrom, storedTo);
    changed |= payloads.removeRemains();
  }

  /** Writes the record. Called once, last. */
  void finish() {
    if (changed) {
      payloads.finish();
      ByteBuffer key = Keys.log(changes.key, id);
      ByteBuffer value = changes.reserve(changes.databases.logs(), key, LogRecord.BYTES);
      state().record().writeTo(key, value);
    }
  }
}
