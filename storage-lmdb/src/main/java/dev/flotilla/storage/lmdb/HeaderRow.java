package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.LogId;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The head of an entry and its header. The first part is
 *
 * <pre>
 *  0  checksum           4  CRC-32C of log id, index, bytes 4 to 24 and all of the header
 *  4  header bytes h     4
 *  8  payload bytes      4
 * 12  payload checksum   4  CRC-32C of log id, index and the payload
 * 16  position           8  {@link StoredEntry#position}
 * 24  entry header       h  as {@link EntryHeader#writeTo} has it, up to {@link #FIRST_PART_BYTES}
 * </pre>
 *
 * <p>A longer header goes on in further parts. Payloads have no checksum of their own: the one here
 * covers their bytes, and that all of them are there.
 */
final class HeaderRow {

  static final int HEAD_BYTES = 24;

  /** So much of a header that the first part shares a page with others. */
  static final int FIRST_PART_BYTES = Keys.SHARED_BYTES - HEAD_BYTES;

  private HeaderRow() {}

  /** Head and header in one heap buffer. */
  static ByteBuffer encode(LogId log, EntryHeader header, ByteBuffer payload, long position) {
    int headerBytes = header.encodedBytes();
    ByteBuffer row = ByteBuffer.allocate(HEAD_BYTES + headerBytes);
    row.putInt(0).putInt(headerBytes).putInt(payload.remaining());
    row.putInt(payloadChecksum(log, header.index(), payload)).putLong(position);
    header.writeTo(row);
    row.flip();
    return row.putInt(0, checksum(log, header.index(), row));
  }

  /** Of a payload, from position to limit. */
  static int payloadChecksum(LogId log, long index, ByteBuffer payload) {
    CRC32C crc = Checksums.ofEntry(log, index);
    crc.update(payload.duplicate());
    return (int) crc.getValue();
  }

  /** An entry by its whole row, which is verified. */
  static StoredEntry decode(ByteBuffer row) {
    EntryHeader header = EntryHeader.readFrom(row.slice(HEAD_BYTES, row.limit() - HEAD_BYTES));
    return new StoredEntry(header, row.getInt(0), row.getInt(8), row.getInt(12), row.getLong(16));
  }

  /** What the first four bytes of a whole row should be. */
  static int checksum(LogId log, long index, ByteBuffer row) {
    CRC32C crc = Checksums.ofEntry(log, index);
    crc.update(row.slice(Integer.BYTES, row.limit() - Integer.BYTES));
    return (int) crc.getValue();
  }

  /** How many bytes the whole row has of which a buffer shows the first part, 0 if it is none. */
  static int length(ByteBuffer firstPart, int maxHeaderBytes) {
    if (firstPart.remaining() <= HEAD_BYTES) {
      return 0;
    }
    int headerBytes = firstPart.getInt(4);
    int shown = firstPart.remaining() - HEAD_BYTES;
    boolean sane =
        headerBytes > 0
            && headerBytes <= maxHeaderBytes
            && shown == Math.min(headerBytes, FIRST_PART_BYTES);
    return sane ? HEAD_BYTES + headerBytes : 0;
  }

  /** How many parts follow the first. */
  static int furtherParts(int rowBytes) {
    int rest = rowBytes - HEAD_BYTES - FIRST_PART_BYTES;
    return rest <= 0 ? 0 : (rest + Keys.PART_BYTES - 1) / Keys.PART_BYTES;
  }
}
