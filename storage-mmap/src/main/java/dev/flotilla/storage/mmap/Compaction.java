package dev.flotilla.storage.mmap;

import dev.flotilla.storage.BatchExtent;
import dev.flotilla.storage.Entry;
import dev.flotilla.storage.EntryCompactor;
import dev.flotilla.storage.EntryCompactor.Outcome;
import dev.flotilla.storage.EntryHeader;
import dev.flotilla.storage.EntryKind;
import dev.flotilla.storage.Slice;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Rewrites one sealed segment into a new file, on the thread that asked for it. The log goes on
 * meanwhile: the new file counts when the writer names it in a manifest, and is garbage if the
 * segment was cut or dropped before.
 */
final class Compaction {

  private static final int BUFFER_BYTES = 1 << 20;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Segment segment;
  private final ActiveSegment target;
  private final EntryCompactor compactor;
  private final long durableMark;

  /** Emptied entries that were read and not written yet: they may become one range. */
  private final EmptiedRun run = new EmptiedRun();

  private Compaction(
      Segment segment, ActiveSegment target, EntryCompactor compactor, long durableMark) {
    this.segment = segment;
    this.target = target;
    this.compactor = compactor;
    this.durableMark = durableMark;
  }

  /**
   * Writes what a compactor leaves of a segment. Durable on return; if it fails, the target's files
   * are gone.
   *
   * @param target an empty segment with the same start, but for its number
   * @param endIndex of the segment
   * @param fromIndex entries before are copied
   * @param toIndex entries from here on are copied
   * @return what a manifest says of the new file
   */
  static Manifest.SegmentRecord rewrite(
      Segment segment,
      ActiveSegment target,
      long endIndex,
      long fromIndex,
      long toIndex,
      EntryCompactor compactor)
      throws IOException {
    Compaction compaction = new Compaction(segment, target, compactor, endIndex - 1);
    target.use(ByteBuffer.allocateDirect(BUFFER_BYTES));
    try (FrameCursor cursor = new FrameCursor(segment, segment.acquire())) {
      while (cursor.point().index() < endIndex) {
        Frame frame = cursor.next();
        boolean asked = frame.index() >= fromIndex && frame.index() < toIndex;
        compaction.copy(cursor, frame, Math.min(endIndex, frame.endIndex()), asked);
      }
      compaction.writeRun();
      return target.seal();
    } catch (IOException | RuntimeException | Error e) {
      discard(target, e);
      throw e;
    }
  }

  /** A full disk is not left fuller than it was. */
  private static void discard(ActiveSegment target, Throwable cause) {
    try {
      target.discard();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private void copy(FrameCursor cursor, Frame frame, long endIndex, boolean asked)
      throws IOException {
    EntryHeader header = cursor.header(frame);
    ByteBuffer payload = cursor.payload(frame);
    if (header.kind() == EntryKind.EMPTIED) {
      addToRun(header, (int) (endIndex - frame.index()));
    } else if (header.kind() == EntryKind.DATA && asked) {
      compact(cursor, header, payload);
    } else {
      write(header, payload);
    }
  }

  private void compact(FrameCursor cursor, EntryHeader header, ByteBuffer payload)
      throws IOException {
    Outcome outcome;
    try (Slice slice = new LentSlice(List.of(payload), List.of(cursor.lend()))) {
      outcome = compactor.compact(header, slice);
    }
    switch (outcome) {
      case Outcome.Keep() -> write(header, payload);
      case Outcome.Empty() -> addToRun(emptied(header), 1);
      case Outcome.Replace replace ->
          write(
              header.compacted(EntryKind.DATA, replace.batches(), replace.attributes()),
              replaced(header, replace));
    }
  }

  private ByteBuffer replaced(EntryHeader header, Outcome.Replace replace) {
    int bytes = 0;
    for (BatchExtent batch : replace.batches()) {
      bytes += batch.length();
    }
    if (bytes != replace.payload().remaining() || replace.batches().isEmpty()) {
      throw new IllegalArgumentException(
          "%s, entry %d: batches of %d bytes in a payload of %d"
              .formatted(segment.describe(), header.index(), bytes, replace.payload().remaining()));
    }
    return replace.payload();
  }

  private static EntryHeader emptied(EntryHeader header) {
    return header.compacted(EntryKind.EMPTIED, List.of(), NOTHING);
  }

  private void write(EntryHeader header, ByteBuffer payload) throws IOException {
    writeRun();
    append(new Entry(header, payload), 1);
  }

  private void addToRun(EntryHeader header, int entries) throws IOException {
    if (!run.takes(header)) {
      writeRun();
    }
    run.add(header, entries);
  }

  private void writeRun() throws IOException {
    if (!run.isEmpty()) {
      append(new Entry(run.header(), NOTHING), run.entries());
      run.clear();
    }
  }

  private void append(Entry entry, int entries) throws IOException {
    if (!target.hasRoomFor(entry, EngineConfig.LARGEST_SEGMENT_BYTES)) {
      throw new StorageException(segment.describe() + " would become too large by compaction");
    }
    target.append(entry, entries, durableMark);
  }
}
