package dev.flotilla.server.metadata;

import com.google.protobuf.ByteString;
import dev.flotilla.proto.metadata.Entity;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Locale;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;

/** The keys of entities, and the ids in them. The forms are drawn in {@code metadata.proto}. */
final class EntityKey {

  static final String CLUSTER = "cluster";
  static final String PRODUCER_IDS = "producer-ids";

  /** What the keys of all rebuilds begin with. */
  static final String REBUILDS = "rebuild/";

  private EntityKey() {}

  /**
   * The key that an entity's content gives it.
   *
   * @throws IllegalArgumentException if it is of no kind this version knows
   */
  static String of(Entity entity) {
    return switch (entity.getKindCase()) {
      case CLUSTER -> CLUSTER;
      case PRODUCER_IDS -> PRODUCER_IDS;
      case FEATURE -> feature(entity.getFeature().getName());
      case BROKER -> broker(entity.getBroker().getNodeId());
      case BROKER_CONFIG ->
          entity.getBrokerConfig().hasNodeId()
              ? "broker-config/" + entity.getBrokerConfig().getNodeId()
              : "broker-config/";
      case TOPIC -> topic(entity.getTopic().getName());
      case PARTITION ->
          partition(uuid(entity.getPartition().getTopicId()), entity.getPartition().getPartition());
      case REBUILD ->
          rebuild(
              uuid(entity.getRebuild().getTopicId()),
              entity.getRebuild().getPartition(),
              entity.getRebuild().getNodeId());
      case KIND_NOT_SET -> throw new IllegalArgumentException("an entity of an unknown kind");
    };
  }

  static String broker(int nodeId) {
    return "broker/" + nodeId;
  }

  static String feature(String name) {
    return "feature/" + name;
  }

  static String topic(String name) {
    return "topic/" + Topic.unifyCollisionChars(name);
  }

  static String partition(Uuid topicId, int partition) {
    return partitionsOf(topicId) + number(partition);
  }

  private static String number(int partition) {
    return String.format(Locale.ROOT, "%05d", partition);
  }

  /** What the keys of all partitions of a topic begin with. */
  static String partitionsOf(Uuid topicId) {
    return "partition/" + hex(topicId) + "/";
  }

  private static String hex(Uuid id) {
    return HexFormat.of().formatHex(bytes(id).toByteArray());
  }

  static String rebuild(Uuid topicId, int partition, int nodeId) {
    return rebuildsOf(topicId) + number(partition) + "/" + nodeId;
  }

  /** What the keys of all rebuilds of a topic begin with. */
  static String rebuildsOf(Uuid topicId) {
    return REBUILDS + hex(topicId) + "/";
  }

  static ByteString bytes(Uuid id) {
    var bytes = ByteBuffer.allocate(2 * Long.BYTES);
    bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).flip();
    return ByteString.copyFrom(bytes);
  }

  /**
   * The id that {@link #bytes} wrote.
   *
   * @throws IllegalArgumentException if they are not 16 bytes
   */
  static Uuid uuid(ByteString bytes) {
    if (bytes.size() != 2 * Long.BYTES) {
      throw new IllegalArgumentException("an id of " + bytes.size() + " bytes");
    }
    var buffer = bytes.asReadOnlyByteBuffer();
    return new Uuid(buffer.getLong(), buffer.getLong());
  }
}
