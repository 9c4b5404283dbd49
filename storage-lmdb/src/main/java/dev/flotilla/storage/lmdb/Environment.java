package dev.flotilla.storage.lmdb;

import dev.flotilla.storage.StorageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.LmdbException;
import org.lmdbjava.LmdbNativeException;

/**
 * The environment of an engine while it is open. Any thread reads, in a transaction that ends with
 * the call; the commit thread writes. After a commit that failed it is closed and opened again,
 * when no reader is within: what LMDB holds in memory is of no certain state then.
 *
 * <p>Methods throw what LMDB throws; callers know the log that it concerns.
 */
final class Environment implements AutoCloseable {

  /** The names of the databases, see {@link Keys}. */
  static final List<String> DATABASES = List.of("logs", "headers", "payloads");

  private final Path file;
  private final EngineConfig config;
  private final Semaphore readers;

  /** Readers and the writer hold the read lock; who closes the environment, the write lock. */
  private final ReadWriteLock use = new ReentrantReadWriteLock();

  /**
   * Held, for a short time, by who opens the environment or closes it; then no lock is waited for.
   * Were it the write lock of {@link #use} that an opening reader waits for, then so would other
   * readers wait behind it, whatever they hold, until the transaction that writes is over: and that
   * may need what they hold.
   */
  private final Object opening = new Object();

  /** Null while it is closed. Written under {@link #opening}, read also without a lock. */
  private volatile @Nullable Opened opened;

  /** Changed under {@link #opening}. */
  private volatile boolean ended;

  /** For the keys of the one transaction that writes. */
  private final ByteBuffer writersKey = ByteBuffer.allocateDirect(Keys.MAX_KEY_BYTES);

  private record Opened(
      Env<ByteBuffer> env, Snapshot.Databases databases, Deque<Snapshot> idleSnapshots) {

    void close() {
      idleSnapshots.forEach(Snapshot::close);
      env.close();
    }
  }

  private Environment(Path file, EngineConfig config, Opened opened) {
    this.file = file;
    this.config = config;
    this.opened = opened;
    this.readers = new Semaphore(config.readers());
  }

  /**
   * Opens an environment.
   *
   * @throws DamagedEnvironmentException if it is not one that {@link #create} has made
   */
  static Environment open(Path file, EngineConfig config) {
    return new Environment(file, config, openExisting(file, config));
  }

  /** Makes an environment, and opens it. */
  static Environment create(Path file, EngineConfig config) {
    return new Environment(file, config, opened(file, config, DbiFlags.MDB_CREATE));
  }

  /** Were a database that is not found made anew, damage would be written over. */
  private static Opened openExisting(Path file, EngineConfig config) {
    try {
      return opened(file, config);
    } catch (Dbi.KeyNotFoundException | Dbi.IncompatibleException e) {
      throw new DamagedEnvironmentException("a database in it cannot be opened", e);
    } catch (LmdbException e) {
      if (LmdbFailures.isDamage(e)) {
        throw new DamagedEnvironmentException("it cannot be opened: " + e.getMessage(), e);
      }
      throw e;
    }
  }

  private static Opened opened(Path file, EngineConfig config, DbiFlags... flags) {
    int readers = config.readers() + 1;
    LockFile.write(file, readers);
    Env<ByteBuffer> env =
        Env.create()
            .setMapSize(config.mapBytes())
            .setMaxDbs(DATABASES.size())
            .setMaxReaders(readers)
            .open(file.toFile(), EnvFlags.MDB_NOSUBDIR, EnvFlags.MDB_NOTLS);
    FailedAssertions.report(
        env, failed -> new OpenMark(file.resolveSibling(OpenMark.NAME)).failed(failed));
    try {
      Snapshot.Databases databases =
          new Snapshot.Databases(
              env.openDbi(DATABASES.get(0), flags),
              env.openDbi(DATABASES.get(1), flags),
              env.openDbi(DATABASES.get(2), flags));
      return new Opened(env, databases, new ConcurrentLinkedDeque<>());
    } catch (RuntimeException e) {
      env.close();
      throw e;
    }
  }

  Path file() {
    return file;
  }

  /**
   * Fails on a machine whose pages are not those that the files are drawn for.
   *
   * @throws StorageException that says so
   */
  void checkPages() {
    int bytes = Objects.requireNonNull(opened).env().stat().pageSize;
    if (bytes != Keys.PAGE_BYTES || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new StorageException(
          "the storage engine lmdb works with little-endian pages of %d bytes; here they have %d, %s"
              .formatted(Keys.PAGE_BYTES, bytes, ByteOrder.nativeOrder()));
    }
  }

  /** Reads in one transaction. Waits where too many do. Not called from within another read. */
  <T> T read(Function<Snapshot, T> reader) {
    readers.acquireUninterruptibly();
    try {
      while (true) {
        openIfLost();
        Opened failed;
        use.readLock().lock();
        try {
          Opened present = present();
          Optional<Snapshot> snapshot = begun(present);
          if (snapshot.isPresent()) {
            return read(reader, snapshot.get(), present);
          }
          failed = present;
        } finally {
          use.readLock().unlock();
        }
        awaitReplaced(failed);
      }
    } finally {
      readers.release();
    }
  }

  private static <T> T read(Function<Snapshot, T> reader, Snapshot snapshot, Opened present) {
    try {
      return reader.apply(snapshot);
    } finally {
      snapshot.txn.reset();
      present.idleSnapshots().addFirst(snapshot);
    }
  }

  /** A snapshot, none if a commit has failed after which LMDB begins nothing more. */
  private static Optional<Snapshot> begun(Opened present) {
    Snapshot idle = present.idleSnapshots().pollFirst();
    try {
      if (idle == null) {
        ByteBuffer key = ByteBuffer.allocateDirect(Keys.MAX_KEY_BYTES);
        return Optional.of(new Snapshot(present.databases(), present.env().txnRead(), key));
      }
      idle.txn.renew();
      return Optional.of(idle);
    } catch (LmdbNativeException.PanicException reopenedSoon) {
      closeUnused(idle);
      return Optional.empty();
    } catch (LmdbException e) {
      closeUnused(idle);
      throw e;
    }
  }

  private static void closeUnused(@Nullable Snapshot snapshot) {
    if (snapshot != null) {
      snapshot.close();
    }
  }

  /** Waits for the thread whose commit failed: it reopens the environment. */
  private void awaitReplaced(Opened failed) {
    boolean interrupted = false;
    synchronized (opening) {
      while (failed.equals(opened)) {
        try {
          opening.wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Uses a transaction that writes; the user commits it, else nothing is changed. */
  void write(long maxBytes, Consumer<Changes> writer) {
    openIfLost();
    use.readLock().lock();
    try {
      Opened present = present();
      try (Changes changes =
          new Changes(present.databases(), present.env().txnWrite(), writersKey, maxBytes)) {
        writer.accept(changes);
      }
    } finally {
      use.readLock().unlock();
    }
  }

  private Opened present() {
    Opened present = opened;
    if (present == null) {
      throw new StorageException(file + (ended ? " is closed" : " could not be opened again"));
    }
    return present;
  }

  /** Closes it and opens it again. When that fails every later use tries again to open it. */
  void reopen() {
    use.writeLock().lock();
    try {
      synchronized (opening) {
        shut();
        openIfLost();
      }
    } finally {
      use.writeLock().unlock();
    }
  }

  private void openIfLost() {
    if (opened != null) {
      return;
    }
    synchronized (opening) {
      if (opened == null && !ended) {
        // LMDB would create what is missing.
        if (!Files.exists(file)) {
          throw new StorageException(file + " is missing");
        }
        try {
          opened = openExisting(file, config);
        } catch (DamagedEnvironmentException e) {
          throw new StorageException(file + " is damaged: " + e.getMessage(), e);
        }
      }
    }
  }

  private void shut() {
    Opened present = opened;
    if (present != null) {
      opened = null;
      opening.notifyAll();
      present.close();
    }
  }

  /** Waits for readers. Closing twice does nothing. */
  @Override
  public void close() {
    use.writeLock().lock();
    try {
      synchronized (opening) {
        ended = true;
        shut();
      }
    } catch (LmdbException e) {
      throw LmdbFailures.translate("close " + file, e);
    } finally {
      use.writeLock().unlock();
    }
  }
}
