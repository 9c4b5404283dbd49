package dev.flotilla.storage.mmap;

import dev.flotilla.storage.DiskFullException;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.util.List;

/** What an {@link IOException} is in the words of the storage contract. */
final class IoFailures {

  /**
   * How the system says ENOSPC, EDQUOT and EFBIG (a limit on the size of files). Java hands on no
   * error number.
   */
  private static final List<String> NO_SPACE =
      List.of("No space left on device", "Disk quota exceeded", "File too large");

  private IoFailures() {}

  /**
   * Translates a failure.
   *
   * @param doing what failed, with its log and file
   */
  static StorageException translate(String doing, IOException failure) {
    String message = doing + ": " + failure.getMessage();
    boolean full =
        NO_SPACE.stream().anyMatch(text -> String.valueOf(failure.getMessage()).contains(text));
    return full ? new DiskFullException(message, failure) : new StorageException(message, failure);
  }
}
