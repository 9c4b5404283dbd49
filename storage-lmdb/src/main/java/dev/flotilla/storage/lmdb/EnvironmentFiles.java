package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.FlushListener;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The files of an engine's directory.
 *
 * <pre>
 * environment.mdb       the environment
 * environment.mdb-lock  who reads and writes it, see {@link LockFile}
 * engine.lock           locked while the engine is open
 * open.mark             there while the engine is open, see {@link OpenMark}
 * new.mdb               an environment that is being created
 * damaged.mdb           the last one that was damaged: nobody reads it, it may be deleted
 * </pre>
 *
 * <p>The environment is created under another name and renamed when it is durable: it exists whole
 * or not at all.
 */
final class EnvironmentFiles implements AutoCloseable {

  static final String ENVIRONMENT = "environment.mdb";
  private static final String NEW = "new.mdb";

  private final Path directory;
  private final Device device;
  private final FlushListener listener;
  private final FileChannel lockFile;

  private EnvironmentFiles(
      Path directory, Device device, FlushListener listener, FileChannel lockFile) {
    this.directory = directory;
    this.device = device;
    this.listener = listener;
    this.lockFile = lockFile;
  }

  /**
   * Takes the directory for the engine, creating it when absent.
   *
   * @throws StorageException if another engine has it
   */
  static EnvironmentFiles lock(Path directory, Device device, FlushListener listener)
      throws IOException {
    createDirectories(directory, device);
    FileChannel channel =
        FileChannel.open(
            directory.resolve("engine.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (tryLock(channel) == null) {
        throw new StorageException(
            "open " + directory + ": the environment is open, here or in another process");
      }
      return new EnvironmentFiles(directory, device, listener, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The names of directories that are made are durable, as those of the files in them will be. */
  private static void createDirectories(Path directory, Device device) throws IOException {
    Path absolute = directory.toAbsolutePath();
    Path parent = absolute.getParent();
    if (parent == null || !Files.notExists(absolute)) {
      Files.createDirectories(absolute);
      return;
    }
    createDirectories(parent, device);
    Files.createDirectories(absolute);
    sync(parent, device);
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException heldHere) {
      return null;
    }
  }

  Path environment() {
    return directory.resolve(ENVIRONMENT);
  }

  /** Says that the engine is open. */
  OpenMark openMark() {
    return new OpenMark(directory.resolve(OpenMark.NAME));
  }

  /** Where a new environment is made before {@link #install}; what is there is removed. */
  Path beginNew() throws IOException {
    Files.deleteIfExists(directory.resolve(NEW));
    Files.deleteIfExists(directory.resolve(NEW + LockFile.SUFFIX));
    return directory.resolve(NEW);
  }

  /**
   * What an earlier process has left of the environment in the page cache is durable on return: a
   * page that leads to a transaction, and one that takes a failed transaction back.
   */
  void syncEnvironment() throws IOException {
    long started = System.nanoTime();
    try (FileChannel channel = FileChannel.open(environment(), StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    device.synced(environment());
    listener.flushed(0, 0, System.nanoTime() - started);
  }

  /** Tells of a sync of a file that an environment was committed to. */
  void committed(Path file) {
    device.synced(file);
  }

  /** Makes the new environment, which is durable, the engine's. */
  void install() throws IOException {
    long started = System.nanoTime();
    Files.move(directory.resolve(NEW), environment(), StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(directory.resolve(NEW + LockFile.SUFFIX));
    syncDirectory(started);
  }

  /**
   * Gives a damaged environment another name, in place of one that was before. It keeps its own
   * until {@link #install} takes that: at no moment there is none, and so no new one is begun that
   * would know nothing of its logs.
   */
  Path setAside() throws IOException {
    Path aside = directory.resolve("damaged.mdb");
    Files.deleteIfExists(aside);
    try {
      Files.createLink(aside, environment());
    } catch (UnsupportedOperationException e) {
      throw new IOException("give " + environment() + " a second name, " + aside, e);
    }
    return aside;
  }

  private void syncDirectory(long started) throws IOException {
    sync(directory, device);
    listener.flushed(0, 0, System.nanoTime() - started);
  }

  private static void sync(Path directory, Device device) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
    device.synced(directory);
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
