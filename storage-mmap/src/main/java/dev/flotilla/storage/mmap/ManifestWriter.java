package dev.flotilla.storage.mmap;

import dev.flotilla.storage.LogBase;
import dev.flotilla.storage.TermStart;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes the manifests of one log, one after the other. Used by one thread at a time but for {@link
 * #nextNumber}.
 */
final class ManifestWriter {

  private final LogDirectory directory;

  /** Also taken from by compactions, on their own threads. */
  private final AtomicLong nextNumber;

  /** The newest manifest's. */
  private long sequence;

  private int bytes;

  ManifestWriter(LogDirectory directory, Manifest newest) {
    this.directory = directory;
    this.nextNumber = new AtomicLong(newest.nextNumber());
    this.sequence = newest.sequence();
    this.bytes = LogDirectory.manifestBytes(newest);
  }

  /** A number for a segment file. */
  long nextNumber() {
    return nextNumber.getAndIncrement();
  }

  /** What the newest manifest takes on the disk. */
  int bytes() {
    return bytes;
  }

  /**
   * Writes a manifest; durable on return. The parameters are those of {@link Manifest}.
   *
   * @return the file of the one before it, which is of no use any more
   */
  String write(
      LogBase base,
      long durableMark,
      List<Manifest.SegmentRecord> segments,
      List<TermStart> termStarts)
      throws IOException {
    Manifest manifest =
        new Manifest(
            directory.log(),
            sequence + 1,
            base,
            durableMark,
            nextNumber.get(),
            segments,
            termStarts);
    directory.write(manifest);
    String former = LogDirectory.manifestName(sequence);
    sequence++;
    bytes = LogDirectory.manifestBytes(manifest);
    return former;
  }
}
