package dev.flotilla.storage.mmap;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Writes the heads of one segment's frames, see {@link FrameFormat}. Used by one thread. */
final class FrameWriter {

  private final FrameFormat format;
  private final CRC32C crc = new CRC32C();

  /** The fields of a head, whose length is written before them. */
  private ByteBuffer fields = ByteBuffer.allocate(FrameFormat.MOST_FIXED_BYTES);

  FrameWriter(FrameFormat format) {
    this.format = format;
  }

  /** What the head of an entry's frame takes at most. */
  static int mostHeadBytes(EntryHeader header) {
    return Math.addExact(
        FrameFormat.MOST_FIXED_BYTES + 2 * Varint.MOST_INT_BYTES * header.batches().size(),
        header.attributes().remaining());
  }

  /** What an entry's frame takes at most. */
  static long mostBytes(Entry entry) {
    return (long) mostHeadBytes(entry.header())
        + entry.payload().remaining()
        + FrameFormat.ALIGNMENT;
  }

  /**
   * Writes the head of an entry's frame at the target's position and leaves the position behind it.
   *
   * @param before what the frame continues
   * @param entries how many entries the frame stands for
   * @param payload the bytes that will follow
   * @return the point behind the frame
   */
  ChainPoint writeHead(
      ByteBuffer target,
      ChainPoint before,
      EntryHeader header,
      int entries,
      ByteBuffer payload,
      long durableMark) {
    begin(before, mostHeadBytes(header), header.index(), header.term(), durableMark);
    if (header.kind() == EntryKind.EMPTIED) {
      Varint.put(fields, entries);
    }
    Varint.put(fields, header.baseOffset() - before.offset());
    Varint.put(fields, header.offsetSpan());
    Varint.put(fields, header.appendTimeMs() - before.largestTimestampMs());
    Varint.put(fields, header.maxTimestampMs() - header.appendTimeMs());
    Varint.put(fields, header.largestTimestampMs() - before.largestTimestampMs());
    fields.putLong(header.digest());
    Varint.put(fields, header.batches().size());
    for (BatchExtent batch : header.batches()) {
      Varint.put(fields, batch.length());
      Varint.put(fields, batch.lastOffsetDelta());
    }
    fields.put(header.attributes());
    int at = target.position();
    int checksum = writeHead(target, before, header.kind().id(), payload);
    int frameBytes = FrameFormat.frameBytes(target.position() - at, payload.remaining());
    return new ChainPoint(
        before.position() + frameBytes,
        header.index() + entries,
        checksum,
        header.term(),
        header.endOffset(),
        header.largestTimestampMs());
  }

  /** Writes a mark at the target's position and leaves the position behind it. */
  void writeMark(ByteBuffer target, ChainPoint before, long durableMark) {
    begin(before, FrameFormat.MOST_FIXED_BYTES, before.index(), before.term(), durableMark);
    writeHead(target, before, FrameFormat.MARK, ByteBuffer.allocate(0));
  }

  private void begin(ChainPoint before, int mostBytes, long index, long term, long durableMark) {
    if (fields.capacity() < mostBytes) {
      fields = ByteBuffer.allocate(mostBytes);
    }
    fields.clear();
    Varint.put(fields, index);
    Varint.put(fields, index - durableMark);
    Varint.put(fields, before.term());
    Varint.put(fields, term - before.term());
  }

  /** Writes a head with the fields that were gathered; returns its checksum. */
  private int writeHead(ByteBuffer target, ChainPoint before, byte kind, ByteBuffer payload) {
    int at = target.position();
    target.putInt(0).putInt(before.checksum()).putInt(payloadChecksum(payload));
    target.put(FrameFormat.VERSION).put(kind);
    Varint.put(target, fields.position());
    Varint.put(target, payload.remaining());
    target.put(fields.flip());
    format.begin(crc);
    int limit = target.limit();
    target.limit(target.position()).position(at + FrameFormat.PREDECESSOR_CHECKSUM);
    crc.update(target);
    target.limit(limit);
    int checksum = (int) crc.getValue();
    target.putInt(at, checksum);
    return checksum;
  }

  private int payloadChecksum(ByteBuffer payload) {
    crc.reset();
    crc.update(payload.duplicate());
    return (int) crc.getValue();
  }
}
