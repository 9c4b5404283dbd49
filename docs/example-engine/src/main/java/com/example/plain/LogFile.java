package com.example.plain;

import dev.flotilla.storage.LogId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * A file of records, one behind the other:
 *
 * <pre>
 *  0  length of the body   4
 *  4  CRC-32C              4, over the log's id, the record's position and what follows
 *  8  synced               8, up to this position the file was on the disk before this was written
 * 16  kind                 1, {@link #BASE}, {@link #ENTRY} or {@link #END}
 * 17  body
 * </pre>
 *
 * <p>Any thread may read; one at a time writes. Nobody's interrupt closes the file, as it would
 * close a {@code FileChannel} that is read through. Closed when the last of its users releases it.
 */
final class LogFile {

  static final byte BASE = 1;
  static final byte ENTRY = 2;
  static final byte END = 3;

  static final int HEAD_BYTES = 17;
  private static final int SEARCH_BYTES = 1 << 16;

  private final LogId id;
  private final Disk disk;
  private final RandomAccessFile file;

  /** The log itself, and each read that is under way. */
  private int users = 1;

  /** What a good record holds, and where the next one begins. */
  record Content(byte kind, long synced, ByteBuffer body, long end) {}

  LogFile(LogId id, Path path, Disk disk) throws IOException {
    this.id = id;
    this.disk = disk;
    this.file = new RandomAccessFile(path.toFile(), "rw");
  }

  /** The record at a position, if a good one is there. */
  synchronized Optional<Content> read(long position) throws IOException {
    long most = file.length() - position - HEAD_BYTES;
    if (most < 0) {
      return Optional.empty();
    }
    ByteBuffer head = bytes(position, HEAD_BYTES);
    int length = head.getInt();
    if (length < 0 || length > most) {
      return Optional.empty();
    }
    int crc = head.getInt();
    ByteBuffer body = bytes(position + HEAD_BYTES, length);
    if (crc != checksum(position, head, body)) {
      return Optional.empty();
    }
    long synced = head.getLong();
    return Optional.of(
        new Content(head.get(), synced, body.asReadOnlyBuffer(), position + HEAD_BYTES + length));
  }

  /** Where the next good record is, if there is one: at the position or anywhere behind it. */
  OptionalLong search(long from) throws IOException {
    long last = size() - HEAD_BYTES;
    for (long chunk = from; chunk <= last; chunk += SEARCH_BYTES) {
      ByteBuffer bytes = bytes(chunk, (int) Math.min(SEARCH_BYTES + HEAD_BYTES, size() - chunk));
      for (int i = 0; i < SEARCH_BYTES && i <= bytes.limit() - HEAD_BYTES; i++) {
        byte kind = bytes.get(i + HEAD_BYTES - 1);
        boolean maybe = bytes.getInt(i) >= 0 && kind >= BASE && kind <= END;
        if (maybe && read(chunk + i).isPresent()) {
          return OptionalLong.of(chunk + i);
        }
      }
    }
    return OptionalLong.empty();
  }

  /** Writes a record; where the next one begins. */
  long write(long position, byte kind, long synced, ByteBuffer body) throws IOException {
    ByteBuffer record = ByteBuffer.allocate(HEAD_BYTES + body.remaining());
    record.putInt(body.remaining()).putInt(0).putLong(synced).put(kind).put(body.duplicate());
    record.flip();
    int crc =
        checksum(position, record.slice(8, HEAD_BYTES - 8), record.slice(HEAD_BYTES, body.limit()));
    put(position, record.putInt(4, crc));
    return position + record.limit();
  }

  private int checksum(long position, ByteBuffer head, ByteBuffer body) {
    ByteBuffer seed = ByteBuffer.allocate(24).putLong(position);
    seed.putLong(id.value().getMostSignificantBits());
    seed.putLong(id.value().getLeastSignificantBits());
    CRC32C crc = new CRC32C();
    crc.update(seed.flip());
    crc.update(head.duplicate());
    crc.update(body.duplicate());
    return (int) crc.getValue();
  }

  /**
   * Makes the file end at a position and all of it durable. What was not synced is written again
   * first: after a failed sync the system may take pages for clean that never reached the disk.
   */
  void settle(Path path, long synced, long end) throws IOException {
    if (size() > end) {
      file.setLength(end);
    }
    for (long position = synced; position < end; position += SEARCH_BYTES) {
      put(position, bytes(position, (int) Math.min(SEARCH_BYTES, end - position)));
    }
    sync(path, 0, 0);
  }

  /** Makes durable what was written; the path is where the file is found now. */
  void sync(Path path, int entries, long bytes) throws IOException {
    disk.sync(path, file.getChannel(), entries, bytes);
  }

  long size() throws IOException {
    return file.length();
  }

  private synchronized ByteBuffer bytes(long position, int length) throws IOException {
    byte[] bytes = new byte[length];
    file.seek(position);
    file.readFully(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private synchronized void put(long position, ByteBuffer bytes) throws IOException {
    file.seek(position);
    file.write(bytes.array(), 0, bytes.limit());
  }

  synchronized LogFile retain() {
    users++;
    return this;
  }

  synchronized void release() {
    users--;
    if (users == 0) {
      try {
        file.close();
      } catch (IOException e) {
        throw Disk.failure("close log " + id, e);
      }
    }
  }

  @Override
  public String toString() {
    return "log " + id;
  }
}
