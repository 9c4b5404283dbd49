package dev.flotilla.storage.mmap;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lookup file of a sealed segment. It holds nothing that the frames do not hold: where it is
 * missing or bad it is written again. Never synced.
 *
 * @param endPosition where the segment's last frame ends
 * @param rowCount how many rows the file must have
 */
record SealedLookup(
    LogDirectory directory, SegmentStart start, FrameFormat format, int endPosition, int rowCount) {

  private static final Logger LOG = LoggerFactory.getLogger(SealedLookup.class);

  /**
   * Maps the rows.
   *
   * @param segment the segment's file, to find the rows again
   */
  Lookup load(FileChannel segment, Arena arena) throws IOException {
    if (rowCount == 0) {
      return Lookup.empty();
    }
    Lookup mapped = map(arena);
    return mapped != null ? mapped : rebuild(segment);
  }

  private @Nullable Lookup map(Arena arena) throws IOException {
    Path file = directory.file(start.lookupName());
    long bytes = (long) rowCount * Lookup.ROW_BYTES;
    if (!Files.exists(file)) {
      return null;
    }
    try (FileChannel channel = directory.disk().open(file, StandardOpenOption.READ)) {
      if (channel.size() < bytes) {
        return null;
      }
      MemorySegment memory = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
      if (!PageIn.populate(memory, 0, bytes)) {
        return null;
      }
      Lookup lookup = new Lookup(memory.asByteBuffer().asReadOnlyBuffer(), rowCount);
      return lookup.intact(format.origin().checksum()) == rowCount ? lookup : null;
    }
  }

  private Lookup rebuild(FileChannel segment) throws IOException {
    ChainPoint origin = format.origin();
    GrowingLookup rows = new GrowingLookup(origin.checksum(), Lookup.empty());
    FrameScanner scanner = new FrameScanner(segment, format, origin, endPosition);
    do {
      rows.pass(scanner.point());
    } while (scanner.point().position() < endPosition && scanner.next() != null);
    Lookup found = rows.lookup();
    if (found.count() < rowCount) {
      // A frame is damaged. The entries before it can still be read; who walks on will find it.
      return found;
    }
    write(rows.bytesFrom(0).limit(rowCount * Lookup.ROW_BYTES));
    return found.first(rowCount);
  }

  private void write(ByteBuffer rows) {
    Path file = directory.file(start.lookupName());
    Path next = directory.file(start.lookupName() + ".next");
    try (FileChannel channel =
        directory
            .disk()
            .open(
                next,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      LogDirectory.writeFully(channel, rows, 0);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // The rows are at hand all the same; whoever maps the segment next finds them again.
      LOG.warn("The lookup file {} could not be written", file, e);
    }
  }
}
