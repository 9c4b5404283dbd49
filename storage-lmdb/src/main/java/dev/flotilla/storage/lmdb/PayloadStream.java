package dev.flotilla.storage.lmdb;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The payloads of one log, one behind the other, in one transaction. They are stored in blocks of
 * {@link Keys#PART_BYTES}, each a row of one page whatever it holds: payloads share pages, and none
 * needs one that is half empty. What lies behind the stream's end in its last block is nothing.
 *
 * <p>The last block is loaded when the first payload is appended to it and put once: when it is
 * full, or by {@link #finish}. Full blocks go from the payload to LMDB's page.
 */
final class PayloadStream {

  private static final int BLOCK_BYTES = Keys.PART_BYTES;
  private static final long NO_BLOCK = -1;

  private final Changes changes;
  private final int log;
  private long start;
  private long end;
  private long storedFrom;
  private long storedTo;

  /** How much more the rows take than before the transaction. */
  private long grownBytes;

  /** The block that is being filled, if {@link #openBlock} is one. */
  private final ByteBuffer open = ByteBuffer.allocate(BLOCK_BYTES);

  private long openBlock = NO_BLOCK;

  /** Bytes that were appended to it and are not put. */
  private int openBytes;

  PayloadStream(Changes changes, int log, StreamExtent extent) {
    this.changes = changes;
    this.log = log;
    this.start = extent.start();
    this.end = extent.end();
    this.storedFrom = extent.storedFrom();
    this.storedTo = extent.storedTo();
  }

  StreamExtent extent() {
    return new StreamExtent(start, end, storedFrom, storedTo);
  }

  long grownBytes() {
    return grownBytes;
  }

  long end() {
    return end;
  }

  /** Appends a payload, from position to limit; where it begins. */
  long append(ByteBuffer payload) {
    long begin = end;
    int from = payload.position();
    while (from < payload.limit()) {
      long block = StreamExtent.blockOf(end);
      int at = (int) (end % BLOCK_BYTES);
      int bytes = Math.min(BLOCK_BYTES - at, payload.limit() - from);
      if (bytes == BLOCK_BYTES) {
        reserve(block, bytes).put(0, payload, from, bytes);
      } else {
        opened(block, at).put(at, payload, from, bytes);
        openBytes += bytes;
        if (at + bytes == BLOCK_BYTES) {
          finish();
        }
      }
      end += bytes;
      from += bytes;
    }
    return begin;
  }

  /** The block that is being filled, with so many bytes as are in it. */
  private ByteBuffer opened(long block, int bytes) {
    if (block != openBlock) {
      Arrays.fill(open.array(), (byte) 0);
      ByteBuffer stored = bytes == 0 ? null : get(block);
      // One that is missing, or no block, was removed when its entries were rewritten, or else it
      // is damage: reading an entry in it will tell.
      if (stored != null && stored.remaining() == BLOCK_BYTES) {
        open.put(0, stored, 0, bytes);
      }
      openBlock = block;
    }
    return open;
  }

  private @Nullable ByteBuffer get(long block) {
    return changes.get(changes.databases.payloads(), Keys.block(changes.key, log, block));
  }

  private ByteBuffer reserve(long block, int newBytes) {
    boolean isStored = block >= storedFrom && block < storedTo && get(block) != null;
    ByteBuffer key = Keys.block(changes.key, log, block);
    grownBytes += isStored ? 0 : Keys.rowBytes(key.remaining(), BLOCK_BYTES);
    storedFrom = storedFrom == storedTo ? block : Math.min(storedFrom, block);
    storedTo = Math.max(storedTo, block + 1);
    return changes.reserve(changes.databases.payloads(), key, BLOCK_BYTES, newBytes);
  }

  /** Puts the last block if it is not, as it is. */
  void finish() {
    if (openBytes > 0) {
      reserve(openBlock, openBytes).put(0, open, 0, BLOCK_BYTES);
      openBytes = 0;
    }
  }

  /** Cuts at a position before the end. */
  void truncate(long position) {
    end = position;
    if (openBlock * BLOCK_BYTES >= position) {
      openBlock = NO_BLOCK;
      openBytes = 0;
    }
  }

  /** What is before a position is nothing from now on. */
  void dropPrefix(long position) {
    start = position;
  }

  /** Removes blocks before the start and behind the end, as many as the transaction takes. */
  boolean removeRemains() {
    long first = Math.min(StreamExtent.blockOf(start), storedTo);
    boolean changed = storedFrom < first || storedTo > StreamExtent.blockFrom(end);
    while (storedFrom < first && !changes.hasRemovedEnough()) {
      storedFrom = min(first, remove(storedFrom));
    }
    long last = Math.max(storedFrom, StreamExtent.blockFrom(end));
    long from = last;
    while (from < storedTo && !changes.hasRemovedEnough()) {
      from = min(storedTo, remove(from));
    }
    if (from >= storedTo) {
      storedTo = Math.min(storedTo, last);
    }
    return changed;
  }

  private static long min(long limit, long unsigned) {
    return Long.compareUnsigned(limit, unsigned) < 0 ? limit : unsigned;
  }

  /**
   * Removes one block that no entry has its payload in any more, unless the stream goes on in it.
   */
  void removeUnused(long block) {
    if ((block + 1) * BLOCK_BYTES <= end) {
      remove(block);
    }
  }

  private long remove(long block) {
    Changes.Removed removed =
        changes.removeRows(changes.databases.payloads(), log, block, block + 1);
    grownBytes -= removed.bytes();
    return removed.next();
  }
}
