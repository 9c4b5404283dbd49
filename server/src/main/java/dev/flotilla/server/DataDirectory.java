package dev.flotilla.server;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.Uuid;

/**
 * A node's data directory: whose it is, and that it is used by one process at a time.
 *
 * <pre>
 * meta.properties   version=1, cluster.id, node.id, directory.id; formed=true once the metadata
 *                   group holds the cluster's settings
 * .lock             locked while a process uses the directory
 * pid               the process that uses it
 * metadata/         the metadata group
 * data/             the groups of partitions
 * replicas          which replicas were created here, see the metadata package
 * </pre>
 *
 * <p>The identity is written once, before anything else, replaced as a whole and synced with its
 * directory: after a crash it is there, or the directory is as good as new.
 */
public final class DataDirectory implements AutoCloseable {

  private static final String IDENTITY = "meta.properties";
  private static final String PROCESS = "pid";
  private static final String VERSION = "1";

  private final Path path;
  private final FileChannel lockChannel;
  private volatile Identity identity;

  /**
   * Whose the directory is.
   *
   * @param directoryId random, so that an emptied disk is never taken for what it was
   * @param formed whether the cluster's settings were committed to the metadata kept here
   */
  public record Identity(String clusterId, int nodeId, Uuid directoryId, boolean formed) {}

  /** The directory cannot be used; the message is for the operator. */
  public static final class UnusableException extends IOException {
    private static final long serialVersionUID = 1;

    UnusableException(String message) {
      super(message);
    }
  }

  private DataDirectory(Path path, FileChannel lockChannel, Identity identity) {
    this.path = path;
    this.lockChannel = lockChannel;
    this.identity = identity;
  }

  /**
   * Locks a directory and reads whose it is; an empty one, or none, becomes this node's.
   *
   * @param clusterId the cluster it must belong to; empty accepts any, and gives a new directory a
   *     random one
   * @throws UnusableException if it is another node's or cluster's, used by another process, or
   *     holds what is not ours
   */
  public static DataDirectory open(Path path, int nodeId, Optional<String> clusterId)
      throws IOException {
    Files.createDirectories(path);
    var lockChannel = lock(path);
    try {
      var file = path.resolve(IDENTITY);
      Identity identity;
      if (Files.exists(file)) {
        identity = read(file);
        check(path, identity, nodeId, clusterId);
      } else {
        requireEmpty(path);
        identity =
            new Identity(
                clusterId.orElseGet(() -> Uuid.randomUuid().toString()),
                nodeId,
                Uuid.randomUuid(),
                false);
        write(path, identity);
      }
      Files.writeString(path.resolve(PROCESS), ProcessHandle.current().pid() + "\n");
      return new DataDirectory(path, lockChannel, identity);
    } catch (IOException | RuntimeException e) {
      lockChannel.close();
      throw e;
    }
  }

  private static FileChannel lock(Path path) throws IOException {
    var channel =
        FileChannel.open(
            path.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    if (lock == null) {
      channel.close();
      throw new UnusableException("data directory %s is used by %s".formatted(path, user(path)));
    }
    return channel;
  }

  /** The process that uses a locked directory. One that locked it just now has not said so yet. */
  private static String user(Path path) {
    try {
      long pid = Long.parseLong(Files.readString(path.resolve(PROCESS)).trim());
      if (ProcessHandle.of(pid).isPresent()) {
        return "process " + pid;
      }
    } catch (IOException | NumberFormatException e) {
      // It says too little to be named.
    }
    return "another process";
  }

  private static void requireEmpty(Path path) throws IOException {
    try (var files = Files.list(path)) {
      var found =
          files
              .map(file -> String.valueOf(file.getFileName()))
              .filter(name -> !name.equals(".lock") && !name.startsWith(IDENTITY))
              // What mkfs leaves, and where operators keep a node's log and process id.
              .filter(name -> !name.equals("lost+found") && !name.equals("log"))
              .filter(name -> !name.equals(PROCESS))
              .findFirst();
      if (found.isPresent()) {
        throw new UnusableException(
            "data directory " + path + " has no " + IDENTITY + " but holds " + found.get());
      }
    }
  }

  private static void check(Path path, Identity identity, int nodeId, Optional<String> clusterId)
      throws UnusableException {
    if (identity.nodeId() != nodeId) {
      throw new UnusableException(
          "data directory %s is node %d's, this is node %d"
              .formatted(path, identity.nodeId(), nodeId));
    }
    if (clusterId.isPresent() && !clusterId.get().equals(identity.clusterId())) {
      throw new UnusableException(
          "data directory %s is of cluster %s, not %s"
              .formatted(path, identity.clusterId(), clusterId.get()));
    }
  }

  private static Identity read(Path file) throws IOException {
    var properties = new Properties();
    properties.load(new StringReader(Files.readString(file)));
    var version = properties.getProperty("version");
    if (!VERSION.equals(version)) {
      throw new UnusableException(file + " is of version " + version + ", not " + VERSION);
    }
    try {
      return new Identity(
          Objects.requireNonNull(properties.getProperty("cluster.id"), "cluster.id"),
          Integer.parseInt(properties.getProperty("node.id")),
          Uuid.fromString(
              Objects.requireNonNull(properties.getProperty("directory.id"), "directory.id")),
          Boolean.parseBoolean(properties.getProperty("formed")));
    } catch (IllegalArgumentException | NullPointerException e) {
      throw new UnusableException(file + " cannot be read: " + e.getMessage());
    }
  }

  private static void write(Path path, Identity identity) throws IOException {
    var properties = new Properties();
    properties.setProperty("version", VERSION);
    properties.setProperty("cluster.id", identity.clusterId());
    properties.setProperty("node.id", Integer.toString(identity.nodeId()));
    properties.setProperty("directory.id", identity.directoryId().toString());
    properties.setProperty("formed", Boolean.toString(identity.formed()));
    var text = new StringWriter();
    properties.store(text, null);
    replace(path.resolve(IDENTITY), text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Replaces a file as a whole, durably: after a crash it holds the old bytes or the new ones.
   *
   * @throws IOException if it cannot; it still holds the old bytes
   */
  public static void replace(Path file, byte[] bytes) throws IOException {
    var temporary = file.resolveSibling(file.getFileName() + ".new");
    try (var channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      var buffer = java.nio.ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    try (var directory = FileChannel.open(Objects.requireNonNull(file.getParent()))) {
      directory.force(true);
    }
  }

  public Identity identity() {
    return identity;
  }

  /** Remembers that the cluster's settings are committed: from now on its metadata must be here. */
  public void markFormed() throws IOException {
    if (!identity.formed()) {
      var formed =
          new Identity(identity.clusterId(), identity.nodeId(), identity.directoryId(), true);
      write(path, formed);
      identity = formed;
    }
  }

  /** The name of this node's replicas in the groups of partitions. */
  public String peerId() {
    return identity.nodeId() + "-" + identity.directoryId();
  }

  public Path metadata() {
    return path.resolve("metadata");
  }

  public Path data() {
    return path.resolve("data");
  }

  /** Where the largest size of an entry is remembered. */
  Path entryLimit() {
    return path.resolve("entry-limit");
  }

  public Path replicaLedger() {
    return path.resolve("replicas");
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path.resolve(PROCESS));
    lockChannel.close();
  }
}
