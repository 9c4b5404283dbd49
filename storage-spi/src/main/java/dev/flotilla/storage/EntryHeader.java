package dev.flotilla.storage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What is known of an entry without its payload.
 *
 * <p>Encoded form, the same in every engine and between nodes, version 1:
 *
 * <pre>
 *  0  version            1 byte
 *  1  kind               1 byte, {@link EntryKind#id()}
 *  2  index              8
 * 10  term               8
 * 18  base offset        8
 * 26  offset span        4
 * 30  append time        8, ms
 * 38  max timestamp      8, ms
 * 46  largest timestamp  8, ms
 * 54  digest             8
 * 62  batch count n      4
 * 66  attribute bytes a  4
 * 70  n times: length 4, last offset delta 4
 * ..  attributes         a bytes
 * </pre>
 *
 * @param index its place in the log
 * @param term the term of the leader that created it
 * @param kind what it is
 * @param baseOffset the offset of its first record; where it has none, the end offset of its
 *     predecessor
 * @param offsetSpan how many offsets it takes: the next entry's records begin at {@code baseOffset
 *     + offsetSpan} or later
 * @param appendTimeMs the leader's clock when it was built, ms since the epoch
 * @param maxTimestampMs the largest record timestamp in it, {@link #NO_TIMESTAMP} without records
 * @param largestTimestampMs the largest record timestamp of the log up to and including this entry,
 *     {@link #NO_TIMESTAMP} if there was none. Never decreases with the index, so that a time is
 *     found by binary search
 * @param digest running digest of the payloads as first appended, up to and including this entry;
 *     see {@link Digest}. Kept through compaction and conversion
 * @param batches the batches in the payload, in order; empty for all but {@link EntryKind#DATA}
 * @param attributes what the owner of the log wants to know of the entry when it reads headers
 *     only; opaque here, read-only
 */
public record EntryHeader(
    long index,
    long term,
    EntryKind kind,
    long baseOffset,
    int offsetSpan,
    long appendTimeMs,
    long maxTimestampMs,
    long largestTimestampMs,
    long digest,
    List<BatchExtent> batches,
    ByteBuffer attributes) {

  /** In place of a timestamp where there is none; smaller than any. */
  public static final long NO_TIMESTAMP = -1;

  private static final byte VERSION = 1;
  private static final int FIXED_BYTES = 70;
  private static final int EXTENT_BYTES = 8;

  public EntryHeader {
    if (index < 0 || term < 0 || baseOffset < 0 || offsetSpan < 0) {
      throw new IllegalArgumentException(
          "index %d, term %d, base offset %d, span %d"
              .formatted(index, term, baseOffset, offsetSpan));
    }
    if (kind == EntryKind.DATA ? offsetSpan == 0 : !batches.isEmpty()) {
      throw new IllegalArgumentException(
          kind
              + " entry "
              + index
              + " with span "
              + offsetSpan
              + ", "
              + batches.size()
              + " batches");
    }
    batches = List.copyOf(batches);
    attributes = attributes.asReadOnlyBuffer();
  }

  /**
   * The header of what is left of the entry when records of it are gone; its place, its times and
   * its digest stay.
   *
   * @param newKind {@link EntryKind#DATA}, or {@link EntryKind#EMPTIED} if none are left
   */
  public EntryHeader compacted(
      EntryKind newKind, List<BatchExtent> newBatches, ByteBuffer newAttributes) {
    return new EntryHeader(
        index,
        term,
        newKind,
        baseOffset,
        offsetSpan,
        appendTimeMs,
        maxTimestampMs,
        largestTimestampMs,
        digest,
        newBatches,
        newAttributes);
  }

  /** The offset after its last one. */
  public long endOffset() {
    return baseOffset + offsetSpan;
  }

  /** Its attributes, with a position and limit of the caller's own. */
  @Override
  public ByteBuffer attributes() {
    return attributes.duplicate();
  }

  /** Bytes of the payload that belongs to a {@link EntryKind#DATA} header. */
  public int batchBytes() {
    int bytes = 0;
    for (BatchExtent batch : batches) {
      bytes += batch.length();
    }
    return bytes;
  }

  /** Bytes that {@link #writeTo} writes. */
  public int encodedBytes() {
    return FIXED_BYTES + batches.size() * EXTENT_BYTES + attributes.remaining();
  }

  /** Writes the encoded form at the target's position. */
  public void writeTo(ByteBuffer target) {
    target.put(VERSION).put(kind.id()).putLong(index).putLong(term);
    target.putLong(baseOffset).putInt(offsetSpan);
    target
        .putLong(appendTimeMs)
        .putLong(maxTimestampMs)
        .putLong(largestTimestampMs)
        .putLong(digest);
    target.putInt(batches.size()).putInt(attributes.remaining());
    for (BatchExtent batch : batches) {
      target.putInt(batch.length()).putInt(batch.lastOffsetDelta());
    }
    target.put(attributes());
  }

  /**
   * Reads an encoded form that begins at the source's position and leaves the position behind it.
   * The header shares no memory with the source.
   *
   * @throws IllegalArgumentException if the bytes are no header; callers verify checksums before
   */
  public static EntryHeader readFrom(ByteBuffer source) {
    if (source.remaining() < FIXED_BYTES) {
      throw new IllegalArgumentException("a header of " + source.remaining() + " bytes");
    }
    byte version = source.get();
    if (version != VERSION) {
      throw new IllegalArgumentException("header version " + version + ", this is " + VERSION);
    }
    EntryKind kind = EntryKind.ofId(source.get());
    long index = source.getLong();
    long term = source.getLong();
    long baseOffset = source.getLong();
    int offsetSpan = source.getInt();
    long appendTimeMs = source.getLong();
    long maxTimestampMs = source.getLong();
    long largestTimestampMs = source.getLong();
    long digest = source.getLong();
    int batchCount = source.getInt();
    int attributeBytes = source.getInt();
    if (batchCount < 0
        || attributeBytes < 0
        || (long) batchCount * EXTENT_BYTES + attributeBytes > source.remaining()) {
      throw new IllegalArgumentException(
          batchCount + " batches and " + attributeBytes + " attribute bytes");
    }
    List<BatchExtent> batches = new ArrayList<>(batchCount);
    for (int i = 0; i < batchCount; i++) {
      batches.add(new BatchExtent(source.getInt(), source.getInt()));
    }
    byte[] attributes = new byte[attributeBytes];
    source.get(attributes);
    return new EntryHeader(
        index,
        term,
        kind,
        baseOffset,
        offsetSpan,
        appendTimeMs,
        maxTimestampMs,
        largestTimestampMs,
        digest,
        batches,
        ByteBuffer.wrap(attributes));
  }
}
