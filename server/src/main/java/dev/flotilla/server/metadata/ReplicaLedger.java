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
   * Reads the ledger, an empty one if there is no file. A damaged one is set aside for an empty
   * one: the reconciler then takes what is stored and wanted as created, and leaves alone what is
   * stored and not wanted.
   *
   * @throws UncheckedIOException if it cannot be read
   */
  static ReplicaLedger open(Path file) {
    var ledger = new ReplicaLedger(file);
    try {
      var content = ChecksummedFile.read(file);
      if (content.isPresent()) {
        ledger.read(content.get());
      }
    } catch (ChecksummedFile.DamagedException e) {
      setAside(file);
    } catch (IOException e) {
      throw new UncheckedIOException("the ledger of replicas " + file, e);
    }
    return ledger;
  }

  private static void setAside(Path file) {
    var aside = file.resolveSibling(file.getFileName() + ".damaged");
    LOG.error("{} is damaged; it is kept as {}", file, aside);
    try {
      Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("the ledger of replicas " + file, e);
    }
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
    } catch (IOException e) {
      throw new UncheckedIOException("the ledger of replicas " + file, e);
    }
  }
}
