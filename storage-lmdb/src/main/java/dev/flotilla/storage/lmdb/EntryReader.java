package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.TermStart;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads what one log has in a snapshot, verified. What is not there is looked up in the log's
 * record: a row that the log does not hold any more is no damage.
 */
final class EntryReader {

  private static final long NO_BLOCK = -1;

  private final LogId id;
  private final int log;
  private final Snapshot snapshot;
  private final int maxEntryBytes;

  /** The snapshot's, while one entry after the other is read. */
  private @Nullable RowCursor headers;

  private @Nullable RowCursor payloads;

  /** What {@link #payloads} shows if that is a block, and which. */
  private @Nullable ByteBuffer shownBlock;

  private long lastBlock = NO_BLOCK;

  EntryReader(LogId id, int log, Snapshot snapshot, int maxEntryBytes) {
    this.id = id;
    this.log = log;
    this.snapshot = snapshot;
    this.maxEntryBytes = maxEntryBytes;
  }

  /** Expects that the entries that follow are read in order. */
  void expectOrder() {
    headers = snapshot.headers();
    payloads = snapshot.payloads();
    lastBlock = NO_BLOCK;
  }

  private @Nullable ByteBuffer headerPart(long index, int part) {
    ByteBuffer key = Keys.entry(snapshot.key, log, index, part);
    return headers == null ? snapshot.get(snapshot.databases.headers(), key) : headers.get(key);
  }

  /** Looks up a row of payloads; its buffer shows the row until the next call. */
  private @Nullable ByteBuffer payloadRow(ByteBuffer key) {
    return payloads == null ? snapshot.get(snapshot.databases.payloads(), key) : payloads.get(key);
  }

  /**
   * The record of a log, none if the log does not exist.
   *
   * @throws CorruptLogException if it is damaged: then the log does not know itself
   */
  static Optional<LogRecord> record(LogId id, Snapshot snapshot) {
    ByteBuffer key = Keys.log(snapshot.key, id);
    ByteBuffer value = snapshot.get(snapshot.databases.logs(), key);
    if (value == null) {
      return Optional.empty();
    }
    if (!Checksums.isGood(key, value, LogRecord.BYTES)) {
      throw new CorruptLogException("log " + id + ": its record is damaged", 0);
    }
    return Optional.of(LogRecord.readFrom(value));
  }

  /** The log's record. */
  LogRecord record() {
    return record(id, snapshot)
        .orElseThrow(() -> new CorruptLogException("log " + id + ": its record is missing", 0));
  }

  /**
   * Where the log's terms begin.
   *
   * @throws CorruptLogException unless they are those that the record counts
   */
  List<TermStart> termStarts(LogRecord record) {
    List<TermStart> starts = new ArrayList<>();
    snapshot.scan(
        snapshot.databases.logs(),
        Keys.term(snapshot.key, log, 0),
        (key, value) -> {
          boolean mine = Keys.isTermOf(key, log);
          if (mine && Checksums.isGood(key, value, TermRow.BYTES)) {
            starts.add(TermRow.read(key, value));
          }
          return mine;
        });
    boolean empty = record.endIndex() == record.startIndex();
    boolean good =
        starts.size() == record.terms()
            && starts.isEmpty() == empty
            && (empty || starts.getFirst().index() == record.startIndex());
    if (!good) {
      throw new CorruptLogException(
          "log " + id + ": where its terms begin is damaged", record.startIndex());
    }
    return List.copyOf(starts);
  }

  /**
   * The head of an entry.
   *
   * @throws IndexOutOfBoundsException if the log does not hold it
   * @throws CorruptLogException if it should and does not
   */
  StoredEntry entry(long index) {
    ByteBuffer first = headerPart(index, 0);
    if (first == null) {
      throw missing(index);
    }
    int length = HeaderRow.length(first, maxEntryBytes);
    if (length == 0) {
      throw damaged("header", index);
    }
    ByteBuffer row = length == first.remaining() ? first : joined(first, index, length);
    if (row.getInt(0) != HeaderRow.checksum(id, index, row)) {
      throw damaged("header", index);
    }
    return HeaderRow.decode(row);
  }

  private ByteBuffer joined(ByteBuffer first, long index, int length) {
    ByteBuffer row = ByteBuffer.allocate(length).put(first);
    for (int part = 1; row.hasRemaining(); part++) {
      ByteBuffer next = headerPart(index, part);
      if (next == null || next.remaining() != Math.min(Keys.PART_BYTES, row.remaining())) {
        throw damaged("header", index);
      }
      row.put(next);
    }
    return row.flip();
  }

  /**
   * Copies a payload to a buffer, from its position on, and verifies it.
   *
   * @throws CorruptLogException if it is not what was written
   */
  void copyPayload(StoredEntry entry, ByteBuffer target) {
    long index = entry.header().index();
    int from = target.position();
    if (entry.isRewritten()) {
      copyParts(entry, target);
    } else {
      copyBlocks(entry, target);
    }
    ByteBuffer copied = target.slice(from, entry.payloadBytes());
    if (HeaderRow.payloadChecksum(id, index, copied) != entry.payloadChecksum()) {
      throw damaged("payload", index);
    }
  }

  private void copyBlocks(StoredEntry entry, ByteBuffer target) {
    long position = entry.position();
    long end = position + entry.payloadBytes();
    while (position < end) {
      int at = (int) (position % Keys.PART_BYTES);
      int bytes = (int) Math.min(Keys.PART_BYTES - at, end - position);
      ByteBuffer block = block(StreamExtent.blockOf(position));
      if (block == null || block.remaining() != Keys.PART_BYTES) {
        throw damaged("payload", entry.header().index());
      }
      target.put(target.position(), block, at, bytes).position(target.position() + bytes);
      position += bytes;
    }
  }

  /** A block, which may be the one that was asked for last: entries that follow share them. */
  private @Nullable ByteBuffer block(long block) {
    if (payloads == null || block != lastBlock) {
      shownBlock = payloadRow(Keys.block(snapshot.key, log, block));
      lastBlock = block;
    }
    return shownBlock;
  }

  private void copyParts(StoredEntry entry, ByteBuffer target) {
    long index = entry.header().index();
    int left = entry.payloadBytes();
    lastBlock = NO_BLOCK;
    for (int part = 0; left > 0; part++) {
      ByteBuffer bytes = payloadRow(Keys.rewritten(snapshot.key, log, index, part));
      int expected = Math.min(Keys.PART_BYTES, left);
      if (bytes == null || bytes.remaining() != expected) {
        throw damaged("payload", index);
      }
      target.put(bytes);
      left -= expected;
    }
  }

  private RuntimeException missing(long index) {
    LogRecord record = record();
    return record.holds(index)
        ? damaged("header", index)
        : new IndexOutOfBoundsException(
            "log %s: index %d of [%d, %d)"
                .formatted(id, index, record.startIndex(), record.endIndex()));
  }

  private CorruptLogException damaged(String what, long index) {
    return new CorruptLogException(
        "log %s: the %s of entry %d is damaged or missing".formatted(id, what, index), index);
  }
}
