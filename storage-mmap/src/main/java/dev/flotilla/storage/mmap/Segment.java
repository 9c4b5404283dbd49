package dev.flotilla.storage.mmap;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A segment as readers see it: a file that is mapped when it is first read. What it shows below the
 * end of its log never changes. Sealing and compacting a segment replace this object by another.
 */
final class Segment {

  private final LogDirectory directory;
  private final SegmentStart start;
  private final FrameFormat format;
  private final ChainPoint origin;
  private final MappedSegments mapped;

  /** The rows of the segment that is written to, null when it is sealed. */
  private final @Nullable GrowingLookup growing;

  /** What the manifest says of a sealed segment, null for the one that is written to. */
  private final Manifest.@Nullable SegmentRecord stored;

  /**
   * Bytes that may be mapped. Grows with the preallocated file, ends with the last frame when that
   * is trimmed; written by the thread that writes the segment, read by those that map it.
   */
  private volatile int mappableBytes;

  /** Behind the frame that was read last, to spare readers in order the search. */
  private volatile ChainPoint lastRead;

  private @Nullable Mapping mapping;
  private boolean retired;

  private Segment(
      LogDirectory directory,
      SegmentStart start,
      MappedSegments mapped,
      @Nullable GrowingLookup growing,
      Manifest.@Nullable SegmentRecord stored,
      int mappableBytes) {
    this.directory = directory;
    this.start = start;
    this.format = new FrameFormat(directory.log(), start);
    this.origin = format.origin();
    this.mapped = mapped;
    this.growing = growing;
    this.stored = stored;
    this.mappableBytes = mappableBytes;
    this.lastRead = origin;
  }

  static Segment active(
      LogDirectory directory,
      SegmentStart start,
      MappedSegments mapped,
      GrowingLookup growing,
      int fileBytes) {
    return new Segment(directory, start, mapped, growing, null, fileBytes);
  }

  static Segment sealed(
      LogDirectory directory, Manifest.SegmentRecord segment, MappedSegments mapped) {
    return new Segment(directory, segment.start(), mapped, null, segment, segment.endPosition());
  }

  SegmentStart start() {
    return start;
  }

  FrameFormat format() {
    return format;
  }

  ChainPoint origin() {
    return origin;
  }

  Manifest.@Nullable SegmentRecord stored() {
    return stored;
  }

  /** For messages. */
  String describe() {
    return "log " + directory.log() + ", file " + directory.file(start.fileName());
  }

  Lookup lookup(Mapping used) {
    return growing == null ? used.lookup() : growing.lookup();
  }

  ChainPoint lastRead() {
    return lastRead;
  }

  void lastRead(ChainPoint point) {
    lastRead = point;
  }

  /** So much of the file may be mapped from now on. */
  void resized(int fileBytes) {
    mappableBytes = fileBytes;
  }

  /**
   * A mapping of all frames that are published at the call; its user releases it.
   *
   * @throws RetiredSegmentException if the segment was retired
   */
  Mapping acquire() {
    Mapping fresh;
    synchronized (this) {
      if (retired) {
        throw new RetiredSegmentException();
      }
      Mapping present = mapping;
      if (present != null && present.size() >= mappableBytes && present.retain()) {
        return present;
      }
      fresh = map();
      fresh.retain();
      mapping = fresh;
      if (present != null) {
        present.release();
        return fresh;
      }
    }
    mapped.add(this);
    if (isRetired()) {
      // Meanwhile, and perhaps before it was added.
      mapped.remove(this);
    }
    return fresh;
  }

  private synchronized boolean isRetired() {
    return retired;
  }

  @SuppressWarnings("MustBeClosedChecker") // the mapping owns the arena; its last user closes it
  private Mapping map() {
    Arena arena = Arena.ofShared();
    try (FileChannel channel =
        directory.disk().open(directory.file(start.fileName()), StandardOpenOption.READ)) {
      // What is preallocated behind the last frame is cut off when the segment is sealed.
      int size = (int) Math.min(mappableBytes, channel.size());
      if (stored != null && size < mappableBytes) {
        throw damage("has " + size + " of " + mappableBytes + " bytes");
      }
      MemorySegment memory = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      Lookup lookup =
          stored == null
              ? Lookup.empty()
              : new SealedLookup(directory, start, format, size, stored.rows())
                  .load(channel, arena);
      return new Mapping(arena, memory, lookup);
    } catch (NoSuchFileException e) {
      arena.close();
      throw damage("is missing");
    } catch (IOException e) {
      arena.close();
      throw IoFailures.translate("map " + describe(), e);
    } catch (StorageException e) {
      arena.close();
      throw e;
    }
  }

  /** A manifest names the file: what it lacks was there. */
  private CorruptLogException damage(String what) {
    return new CorruptLogException(describe() + " " + what, start.index());
  }

  /** Gives the mapping back; the next reader makes another. */
  synchronized void unmap() {
    Mapping present = mapping;
    mapping = null;
    if (present != null) {
      present.release();
    }
  }

  /** Maps no more. A view without this segment was published before. */
  void retire() {
    synchronized (this) {
      retired = true;
      unmap();
    }
    mapped.remove(this);
  }
}
