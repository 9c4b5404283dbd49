package dev.flotilla.server.metadata;

import dev.flotilla.server.ChecksummedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.TopicIdPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which replicas were created on this node, and under how new an image: what a node must remember
 * itself, because the image it boots with may be older than what it did.
 *
 * <p>With it, a store is deleted only under an image at least as new as the one it was created
 * under, and a store that is missing is not mistaken for one that never was.
 *
 * <p>A {@link ChecksummedFile} holds it as a {@code ReplicaLedger} message. Every change is durable
 * when its method returns. Not thread-safe: it belongs to the reconciler.
 */
final class ReplicaLedger {

  private static final Logger LOG = LoggerFactory.getLogger(ReplicaLedger.class);

  private final Path file;
  private final Map<UUID, Entry> replicas = new LinkedHashMap<>();
  private long imageIndex;

  /** Whether the file holds what is here. */
  private boolean whole;

  /**
   * A replica that belongs on this node.
   *
   * @param created whether its creation was finished
   */
  record Entry(Replica replica, boolean created) {}

  private ReplicaLedger(Path file) {
    this.file = file;
  }

  /**
   * Reads the ledger, an empty one if there is no file. A damaged one is set aside and is lost, see
   * {@link #isLost}.
   *
   * @throws UncheckedIOException if it cannot be read
   */
  static ReplicaLedger open(Path file) {
    var ledger = new ReplicaLedger(file);
    try {
      var content = ChecksummedFile.read(file);
      if (content.isPresent()) {
        ledger.read(content.get());
        ledger.whole = true;
      }
    } catch (ChecksummedFile.DamagedException e) {
      setAside(file);
    } catch (IOException e) {
      throw new UncheckedIOException("the ledger of replicas " + file, e);
    }
    return ledger;
  }

  private static void setAside(Path file) {
    LOG.error("{} is damaged; it is kept as {}", file, aside(file));
    try {
      Files.move(file, aside(file), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("the ledger of replicas " + file, e);
    }
  }

  private static Path aside(Path file) {
    return file.resolveSibling(file.getFileName() + ".damaged");
  }

  /**
   * Whether it cannot be known what was created here: the ledger was damaged, or it is gone and
   * stores are left, which are never made before the ledger names them. It stays lost, also over
   * restarts, until the next change is written.
   *
   * @param stored the groups whose stores lie on the disk
   */
  boolean isLost(Collection<UUID> stored) {
    return !whole && (Files.exists(aside(file)) || !stored.isEmpty());
  }

  private void read(ByteBuffer bytes) throws IOException {
    var message = dev.flotilla.proto.metadata.ReplicaLedger.parseFrom(bytes);
    imageIndex = message.getImageIndex();
    for (var replica : message.getReplicasList()) {
      put(
          Replica.of(
              new TopicIdPartition(
                  EntityKey.uuid(replica.getTopicId()),
                  replica.getPartition(),
                  replica.getTopic())),
          replica.getCreated());
    }
  }

  private void put(Replica replica, boolean created) {
    replicas.put(replica.group(), new Entry(replica, created));
  }

  /** The newest image under which something was created or deleted here. */
  long imageIndex() {
    return imageIndex;
  }

  Optional<Entry> find(UUID group) {
    return Optional.ofNullable(replicas.get(group));
  }

  Collection<Entry> entries() {
    return replicas.values();
  }

  /** Before anything of them exists. */
  void creating(Collection<Replica> added, long underImage) {
    added.forEach(replica -> put(replica, false));
    write(underImage);
  }

  /** After all of them are durable. */
  void created(Collection<Replica> added, long underImage) {
    added.forEach(replica -> put(replica, true));
    write(underImage);
  }

  /** After nothing of them is left. */
  void deleted(Collection<Replica> removed, long underImage) {
    removed.forEach(replica -> replicas.remove(replica.group()));
    write(underImage);
  }

  private void write(long underImage) {
    imageIndex = Math.max(imageIndex, underImage);
    var message = dev.flotilla.proto.metadata.ReplicaLedger.newBuilder().setImageIndex(imageIndex);
    for (var entry : replicas.values()) {
      var partition = entry.replica().partition();
      message.addReplicas(
          dev.flotilla.proto.metadata.ReplicaLedger.Replica.newBuilder()
              .setTopicId(EntityKey.bytes(partition.topicId()))
              .setTopic(partition.topic())
              .setPartition(partition.partition())
              .setCreated(entry.created()));
    }
    try {
      ChecksummedFile.write(file, message.build().toByteArray());
      whole = true;
    } catch (IOException e) {
      throw new UncheckedIOException("the ledger of replicas " + file, e);
    }
  }
}
