package dev.flotilla.benchmarks.subject;

import dev.flotilla.storage.FlushMode;
import java.nio.file.Path;

/**
 * What a subject is opened with.
 *
 * @param directory an empty directory of its own
 * @param flushMode when an append is durable: on the device, or with the operating system
 * @param preallocatedBytes size of the files that baselines without a log's structure fill before
 *     and write over and over
 */
public record SubjectContext(Path directory, FlushMode flushMode, int preallocatedBytes) {

  /** Where subjects that keep files begin a new one. */
  static final int SEGMENT_BYTES = 1 << 30;

  /** Many times what one write has, and little enough to stay in memory. */
  public static final int PREALLOCATED_BYTES = 64 << 20;

  /** The largest payload that is ever appended. */
  public static final int LARGEST_PAYLOAD_BYTES = 1 << 20;

  /** A context with what is preallocated as usual. */
  public SubjectContext(Path directory, FlushMode flushMode) {
    this(directory, flushMode, PREALLOCATED_BYTES);
  }

  boolean isSynced() {
    return flushMode == FlushMode.COMMIT;
  }
}
