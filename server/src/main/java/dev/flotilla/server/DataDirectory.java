package dev.flotilla.server;

import dev.flotilla.server.config.HostAndPort;
import dev.flotilla.server.config.InvalidConfigException;
import dev.flotilla.server.metadata.RegisteredNode;
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
 * meta.properties   version=1, node.id, directory.id; cluster.id once it is of a cluster, and
 *                   formed=true once the metadata group holds that cluster's settings; of one of
 *                   several nodes raft.address and raft.data.address, by which the others know it
 * forming           the record of a cluster that is being formed, see the forming package
 * metadata.rebuild  there while damaged metadata is being replaced, see the forming package
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
  private static final String FORMING = "forming";
  private static final String REBUILD = "metadata.rebuild";
  private static final String VERSION = "1";

  private final Path path;
  private final FileChannel lockChannel;
  private volatile Identity identity;

  /**
   * Whose the directory is.
   *
   * @param clusterId empty until a node of several knows its cluster
   * @param directoryId random, so that an emptied disk is never taken for what it was
   * @param formed whether the cluster's settings were committed to the metadata kept here
   * @param addresses by which other nodes know it; empty for a node alone
   */
  public record Identity(
      Optional<String> clusterId,
      int nodeId,
      Uuid directoryId,
      boolean formed,
      Optional<Addresses> addresses) {}

  /**
   * How other nodes reach one: stored Raft configurations name these.
   *
   * @param raft where its metadata is served
   * @param data where its replicas of partitions are served
   */
  public record Addresses(HostAndPort raft, HostAndPort data) {}

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
   * Locks a directory and reads whose it is; an empty one, or none, becomes this node's. That of a
   * node alone is of a new cluster then; that of one of several is of none yet.
   *
   * @param addresses by which other nodes reach this one; empty for a node alone
   * @throws UnusableException if it is another node's, used by another process, or holds what is
   *     not ours, or if other nodes know this one by other addresses
   */
  public static DataDirectory open(Path path, int nodeId, Optional<Addresses> addresses)
      throws IOException {
    Files.createDirectories(path);
    var lockChannel = lock(path);
    try {
      var file = path.resolve(IDENTITY);
      Identity identity;
      if (Files.exists(file)) {
        identity = read(file);
        check(path, identity, nodeId, addresses);
        if (!identity.addresses().equals(addresses)) {
          identity =
              new Identity(Optional.empty(), nodeId, identity.directoryId(), false, addresses);
          write(path, identity);
        }
      } else {
        requireEmpty(path);
        identity =
            new Identity(
                addresses.isPresent()
                    ? Optional.empty()
                    : Optional.of(Uuid.randomUuid().toString()),
                nodeId,
                Uuid.randomUuid(),
                false,
                addresses);
        write(path, identity);
      }
      Files.writeString(path.resolve(PROCESS), ProcessHandle.current().pid() + "\n");
      return new DataDirectory(path, lockChannel, identity);
    } catch (IOException | RuntimeException e) {
      lockChannel.close();
      throw e;
    }
  }

  /**
   * Locks the directory of a node that does not run, whatever its identity, to look at it.
   *
   * @throws UnusableException if it is none, or its node runs
   */
  static DataDirectory openStopped(Path path) throws IOException {
    if (!Files.exists(path.resolve(IDENTITY))) {
      throw new UnusableException(path + " is not the data directory of a node");
    }
    var lockChannel = lock(path);
    try {
      return new DataDirectory(path, lockChannel, read(path.resolve(IDENTITY)));
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

  private static void check(Path path, Identity identity, int nodeId, Optional<Addresses> addresses)
      throws UnusableException {
    if (identity.nodeId() != nodeId) {
      throw new UnusableException(
          "data directory %s is node %d's, this is node %d"
              .formatted(path, identity.nodeId(), nodeId));
    }
    if (identity.addresses().isEmpty() && addresses.isPresent()) {
      throw new UnusableException(
          "data directory %s is of a node that was a cluster by itself: it cannot become one of several"
                  .formatted(path)
              + " (cluster.nodes)");
    }
    if (identity.addresses().isPresent() && addresses.isEmpty()) {
      throw new UnusableException(
          "data directory %s is of a node of a cluster, and cluster.nodes is not set"
              .formatted(path));
    }
    var known = identity.clusterId().isPresent() || Files.exists(path.resolve(FORMING));
    if (known && !identity.addresses().equals(addresses)) {
      throw new UnusableException(
          "data directory %s: other nodes know this one as %s, now it would be %s"
              .formatted(
                  path,
                  identity.addresses().map(DataDirectory::text).orElse(""),
                  addresses.map(DataDirectory::text).orElse("")));
    }
  }

  private static String text(Addresses addresses) {
    return "%s (partitions: %s)".formatted(addresses.raft(), addresses.data());
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
          Optional.ofNullable(properties.getProperty("cluster.id")),
          Integer.parseInt(properties.getProperty("node.id")),
          Uuid.fromString(
              Objects.requireNonNull(properties.getProperty("directory.id"), "directory.id")),
          Boolean.parseBoolean(properties.getProperty("formed")),
          addresses(properties));
    } catch (IllegalArgumentException | NullPointerException | InvalidConfigException e) {
      throw new UnusableException(file + " cannot be read: " + e.getMessage());
    }
  }

  private static Optional<Addresses> addresses(Properties properties)
      throws InvalidConfigException {
    var raft = properties.getProperty("raft.address");
    var data = properties.getProperty("raft.data.address");
    return raft == null || data == null
        ? Optional.empty()
        : Optional.of(
            new Addresses(
                HostAndPort.parse("raft.address", raft),
                HostAndPort.parse("raft.data.address", data)));
  }

  private static void write(Path path, Identity identity) throws IOException {
    var properties = new Properties();
    properties.setProperty("version", VERSION);
    identity.clusterId().ifPresent(id -> properties.setProperty("cluster.id", id));
    properties.setProperty("node.id", Integer.toString(identity.nodeId()));
    properties.setProperty("directory.id", identity.directoryId().toString());
    properties.setProperty("formed", Boolean.toString(identity.formed()));
    identity
        .addresses()
        .ifPresent(addresses -> {
          properties.setProperty("raft.address", addresses.raft().toString());
          properties.setProperty("raft.data.address", addresses.data().toString());
        });
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

  /** Remembers to which cluster it belongs, which it does for ever. */
  public void belongTo(String clusterId) throws IOException {
    change(clusterId, identity.formed());
  }

  /** Remembers that the cluster's settings are committed: from now on its metadata must be here. */
  public void markFormed(String clusterId) throws IOException {
    change(clusterId, true);
  }

  private void change(String clusterId, boolean formed) throws IOException {
    if (!identity.clusterId().orElse(clusterId).equals(clusterId)) {
      throw new IllegalStateException(
          "%s is of cluster %s, not %s"
              .formatted(path, identity.clusterId().orElse(""), clusterId));
    }
    var changed =
        new Identity(
            Optional.of(clusterId),
            identity.nodeId(),
            identity.directoryId(),
            formed,
            identity.addresses());
    if (!changed.equals(identity)) {
      write(path, changed);
      identity = changed;
    }
  }

  /** The name of this node's replicas in the groups of partitions. */
  public String peerId() {
    return RegisteredNode.peerId(identity.nodeId(), identity.directoryId());
  }

  /** How far the replacing of damaged metadata is. */
  public Path metadataRebuild() {
    return path.resolve(REBUILD);
  }

  /** Removes a file of this directory, durably. Does nothing if it is not there. */
  public void remove(Path file) throws IOException {
    if (Files.deleteIfExists(file)) {
      try (var directory = FileChannel.open(path)) {
        directory.force(true);
      }
    }
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

  /** Where the record of a cluster that is being formed is kept. */
  public Path formingRecord() {
    return path.resolve(FORMING);
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
