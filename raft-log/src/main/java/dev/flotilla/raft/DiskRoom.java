package dev.flotilla.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Room on disks that is promised to conversions: several run side by side, and what one of them
 * will take is not free for the next.
 *
 * <p>Any thread may call.
 */
final class DiskRoom {

  /** An engine may take more for the same entries: a quarter, and what a small log begins with. */
  private static final int SHARE = 4;

  private static final long LEAST_BYTES = 4 << 20;

  private final Usable usable;

  /** Guarded by this. On whichever disk: engines of one node share one as a rule. */
  private long promised;

  /** How much room is left where a directory is. */
  @FunctionalInterface
  interface Usable {

    /** As the operating system says, of the disk that the directory is on. */
    Usable ON_DISK = directory -> Files.getFileStore(directory).getUsableSpace();

    long bytes(Path directory) throws IOException;
  }

  /** Room that was promised, until it is closed. */
  interface Reserved extends AutoCloseable {
    @Override
    void close();
  }

  DiskRoom(Usable usable) {
    this.usable = usable;
  }

  /**
   * Reserves room for a copy of a log; waits for other conversions where that makes room.
   *
   * @param bytes what the log takes now
   * @throws Conversion.RefusedException if there is not as much, with the sizes
   */
  synchronized Reserved reserve(Path directory, long bytes) throws Conversion.RefusedException {
    long needed = bytes + bytes / SHARE + LEAST_BYTES;
    try {
      while (free(directory) - promised < needed) {
        if (promised == 0) {
          throw new Conversion.RefusedException(
              "a copy of its %s takes up to %s, and %s are free in %s"
                  .formatted(text(bytes), text(needed), text(free(directory)), directory));
        }
        // The others give back what they were promised, having deleted what they have copied.
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Conversion.RefusedException("interrupted", e);
    }
    promised += needed;
    return () -> giveBack(needed);
  }

  private long free(Path directory) throws Conversion.RefusedException {
    try {
      return usable.bytes(directory);
    } catch (IOException e) {
      throw new Conversion.RefusedException(
          "how much is free in " + directory + " is not known: " + e, e);
    }
  }

  private synchronized void giveBack(long bytes) {
    promised -= bytes;
    notifyAll();
  }

  /** A number of bytes for people. */
  static String text(long bytes) {
    return bytes < 10L << 20
        ? "%d KiB".formatted((bytes + 1023) >> 10)
        : "%d MiB".formatted(bytes >> 20);
  }
}
