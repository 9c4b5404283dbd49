package com.example.plain;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryHeader;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An entry of a log.
 *
 * @param header its header
 * @param waiting its payload until it is written, then nothing
 * @param position where its record begins in the file, {@link #NOWHERE} until it is written
 */
record Stored(EntryHeader header, ByteBuffer waiting, long position) {

  private static final long NOWHERE = -1;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  static Stored waiting(Entry entry) {
    return new Stored(entry.header(), entry.payload(), NOWHERE);
  }

  static Stored at(long position, EntryHeader header) {
    return new Stored(header, NOTHING, position);
  }

  boolean isWritten() {
    return position != NOWHERE;
  }

  /** The payload; of a written entry verified and read anew. */
  ByteBuffer payload(LogFile file) throws IOException {
    if (!isWritten()) {
      return waiting;
    }
    LogFile.Content content =
        file.read(position)
            .orElseThrow(() ->
                new CorruptLogException(
                    "entry %d at %d of %s".formatted(header.index(), position, file),
                    header.index()));
    EntryHeader.readFrom(content.body());
    return content.body().slice();
  }

  /** The body of an entry's record. */
  static ByteBuffer body(EntryHeader header, ByteBuffer payload) {
    ByteBuffer body = ByteBuffer.allocate(header.encodedBytes() + payload.remaining());
    header.writeTo(body);
    return body.put(payload.duplicate()).flip();
  }
}
