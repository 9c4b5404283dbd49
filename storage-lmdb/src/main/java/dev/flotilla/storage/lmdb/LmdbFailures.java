package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.CorruptLogException;
import dev.flotilla.storage.DiskFullException;
import dev.flotilla.storage.LogId;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.Env;
import org.lmdbjava.LmdbException;
import org.lmdbjava.LmdbNativeException;
import org.lmdbjava.Txn;

/** What failures of LMDB and of the file system are in the words of the storage contract. */
final class LmdbFailures {

  /** How the system says ENOSPC, EDQUOT and EFBIG: LMDB's binding and Java hand on its text. */
  private static final List<String> NO_SPACE =
      List.of("ENOSPC", "EDQUOT", "EFBIG", "No space left", "quota exceeded", "File too large");

  private static final long FULL_BELOW_BYTES = 1 << 20;

  private LmdbFailures() {}

  /**
   * Translates a failure.
   *
   * @param doing what failed, with its log and file
   */
  static StorageException translate(String doing, Exception failure) {
    String text = String.valueOf(failure.getMessage());
    return switch (failure) {
      case StorageException known -> known;
      case Env.MapFullException _ ->
          new DiskFullException(
              doing
                  + ": the address space reserved for the environment is used up; a larger"
                  + " storage.lmdb."
                  + EngineConfig.MAP_BYTES
                  + " takes effect at the next start",
              failure);
      case Dbi.MapResizedException _ ->
          new StorageException(
              doing
                  + ": the environment is larger than it was opened for: another process has"
                  + " grown it",
              failure);
      case LmdbException _ when text.contains("ENOMEM") ->
          new StorageException(
              doing
                  + ": no memory, or no address space of the size that storage.lmdb."
                  + EngineConfig.MAP_BYTES
                  + " reserves (ulimit -v): "
                  + text,
              failure);
      case Env.VersionMismatchException _ ->
          new StorageException(
              doing + ": the environment was written by another version of LMDB", failure);
      case Env.ReadersFullException _ ->
          new StorageException(
              doing + ": more readers than storage.lmdb.readers says: another process?", failure);
      case Txn.TxFullException _ ->
          new StorageException(
              doing + ": a transaction too large; lower storage.lmdb.transaction.max.bytes",
              failure);
      case LmdbException native_ when isDamage(native_) ->
          new StorageException(doing + ": the environment is damaged: " + text, failure);
      case LmdbException _, IOException _ when NO_SPACE.stream().anyMatch(text::contains) ->
          new DiskFullException(doing + ": " + text, failure);
      default -> new StorageException(doing + ": " + text, failure);
    };
  }

  /**
   * The same for a transaction. LMDB says EIO of a write that the device took a part of; when no
   * space is left, that is why.
   */
  static StorageException ofWrite(Path file, Exception failure) {
    String doing = "write " + file;
    StorageException translated = translate(doing, failure);
    boolean cutShort = String.valueOf(failure.getMessage()).contains("EIO");
    return cutShort && failure instanceof LmdbException && isFull(file)
        ? new DiskFullException(doing + ": no space is left", failure)
        : translated;
  }

  private static boolean isFull(Path file) {
    try {
      return Files.getFileStore(file).getUsableSpace() < FULL_BELOW_BYTES;
    } catch (IOException unknown) {
      return false;
    }
  }

  /** The same where a log is read: damage is damage of that log, as far as it is known. */
  static StorageException ofRead(String doing, LogId log, long index, LmdbException failure) {
    return isDamage(failure) ? damage(log, index, failure) : translate(doing, failure);
  }

  /** Damage to pages that one log has met. */
  static CorruptLogException damage(LogId log, long index, LmdbException found) {
    CorruptLogException damage =
        new CorruptLogException("log " + log + ": pages of the environment are damaged", index);
    damage.initCause(found);
    return damage;
  }

  /** Whether LMDB found pages that cannot be so. */
  static boolean isDamage(LmdbException failure) {
    return failure instanceof LmdbNativeException.PageCorruptedException
        || failure instanceof LmdbNativeException.PageNotFoundException
        || failure instanceof LmdbNativeException.PageFullException
        || failure instanceof Env.FileInvalidException
        || failure instanceof Cursor.FullException;
  }
}
