package dev.flotilla.server.metadata;

import dev.flotilla.proto.metadata.Broker;
import dev.flotilla.proto.metadata.BrokerConfig;
import dev.flotilla.proto.metadata.Entity;
import dev.flotilla.proto.metadata.Partition;
import dev.flotilla.proto.metadata.Topic;
import dev.flotilla.server.metadata.EntityChange.Stored;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.ProducerIdsRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.metadata.UnregisterBrokerRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;

/**
 * Says in Kafka's metadata records what changed among our entities. The only place where the two
 * meet: our entities are what is stored, Kafka's records live for one replay into the image.
 *
 * <p>Records come in an order in which they can be replayed: what is deleted before what is put,
 * topics before their configs and partitions.
 */
final class KafkaRecords {

  private final Leaderships leaderships;
  private final Rebuilding rebuilding;
  private final List<ApiMessage> records = new ArrayList<>();

  private KafkaRecords(Leaderships leaderships, Rebuilding rebuilding) {
    this.leaderships = leaderships;
    this.rebuilding = rebuilding;
  }

  /**
   * The records of a batch of changes. Tells the leaderships which topics come and go.
   *
   * @param rebuilding what is being rebuilt after these changes
   */
  static List<ApiMessage> of(
      List<EntityChange> changes, Leaderships leaderships, Rebuilding rebuilding) {
    var mapping = new KafkaRecords(leaderships, rebuilding);
    changes.forEach(mapping::deleted);
    changes.stream()
        .filter(change -> change.after() != null)
        .sorted(Comparator.comparingInt(change -> order(change.kind())))
        .forEach(change -> mapping.put(change.before(), change.after()));
    return mapping.records;
  }

  private static int order(Entity.KindCase kind) {
    return switch (kind) {
      case CLUSTER -> 0;
      case FEATURE -> 1;
      case BROKER, BROKER_CONFIG, PRODUCER_IDS -> 2;
      case TOPIC -> 3;
      case PARTITION -> 4;
      case REBUILD -> 5;
      case KIND_NOT_SET -> throw new IllegalArgumentException("an entity of an unknown kind");
    };
  }

  private void deleted(EntityChange change) {
    var before = change.before();
    if (before == null) {
      return;
    }
    var after = change.after();
    var entity = before.entity();
    switch (entity.getKindCase()) {
      case TOPIC -> {
        var id = entity.getTopic().getId();
        if (after == null || !after.entity().getTopic().getId().equals(id)) {
          records.add(new RemoveTopicRecord().setTopicId(EntityKey.uuid(id)));
          leaderships.topicDeleted(EntityKey.uuid(id));
        }
      }
      case BROKER -> {
        if (after == null) {
          records.add(
              new UnregisterBrokerRecord()
                  .setBrokerId(entity.getBroker().getNodeId())
                  .setBrokerEpoch(Registrations.epoch(before)));
        }
      }
      case BROKER_CONFIG -> {
        if (after == null) {
          configs(broker(entity.getBrokerConfig()), before.entity(), Map.of());
        }
      }
      case FEATURE -> {
        if (after == null) {
          records.add(feature(entity.getFeature().getName(), 0));
        }
      }
      // A partition goes with its topic. Settings and producer ids are never deleted.
      case PARTITION, CLUSTER, PRODUCER_IDS, REBUILD, KIND_NOT_SET -> {}
    }
  }

  private void put(@Nullable Stored before, Stored after) {
    var entity = after.entity();
    switch (entity.getKindCase()) {
      case CLUSTER ->
          // The image wants to know in which form it is written; ours never is.
          records.add(
              feature(
                  MetadataVersion.FEATURE_NAME, MetadataVersion.latestProduction().featureLevel()));
      case FEATURE ->
          records.add(feature(entity.getFeature().getName(), entity.getFeature().getLevel()));
      case BROKER -> records.add(broker(entity.getBroker(), Registrations.epoch(after)));
      case BROKER_CONFIG ->
          configs(
              broker(entity.getBrokerConfig()),
              before == null ? null : before.entity(),
              entity.getBrokerConfig().getConfigMap());
      case PRODUCER_IDS ->
          records.add(
              new ProducerIdsRecord()
                  .setBrokerId(entity.getProducerIds().getNodeId())
                  .setBrokerEpoch(after.version())
                  .setNextProducerId(entity.getProducerIds().getNextProducerId()));
      case TOPIC -> topic(before, entity.getTopic());
      case PARTITION -> {
        var partition = entity.getPartition();
        var id = EntityKey.uuid(partition.getTopicId());
        records.add(
            partition(
                partition,
                leaderships.find(id, partition.getPartition()),
                rebuilding.nodes(id, partition.getPartition())));
      }
      // Kafka knows no such thing; it shows in the partition, which whoever calls this repeats.
      case REBUILD -> {}
      case KIND_NOT_SET -> throw new IllegalArgumentException("an entity of an unknown kind");
    }
  }

  /** A TopicRecord makes an empty topic, so a known one gets its changed configs only. */
  private void topic(@Nullable Stored before, Topic topic) {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.getName());
    if (before != null && before.entity().getTopic().getId().equals(topic.getId())) {
      configs(resource, before.entity(), topic.getConfigMap());
    } else {
      var id = EntityKey.uuid(topic.getId());
      leaderships.topicCreated(id);
      records.add(new TopicRecord().setName(topic.getName()).setTopicId(id));
      configs(resource, null, topic.getConfigMap());
    }
  }

  private void configs(
      ConfigResource resource, @Nullable Entity beforeEntity, Map<String, String> after) {
    Map<String, String> before = beforeEntity == null ? Map.of() : configOf(beforeEntity);
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(after.keySet());
    for (var name : names) {
      var value = after.get(name);
      if (value == null || !value.equals(before.get(name))) {
        records.add(
            new ConfigRecord()
                .setResourceType(resource.type().id())
                .setResourceName(resource.name())
                .setName(name)
                .setValue(value));
      }
    }
  }

  private static Map<String, String> configOf(Entity entity) {
    return entity.hasTopic()
        ? entity.getTopic().getConfigMap()
        : entity.getBrokerConfig().getConfigMap();
  }

  private static ConfigResource broker(BrokerConfig config) {
    return new ConfigResource(
        ConfigResource.Type.BROKER, config.hasNodeId() ? "" + config.getNodeId() : "");
  }

  private static FeatureLevelRecord feature(String name, int level) {
    return new FeatureLevelRecord().setName(name).setFeatureLevel((short) level);
  }

  /** A broker with its whole state, whether it has just registered or was fenced, or unfenced. */
  private static RegisterBrokerRecord broker(Broker broker, long epoch) {
    var record =
        new RegisterBrokerRecord()
            .setBrokerId(broker.getNodeId())
            .setIncarnationId(EntityKey.uuid(broker.getIncarnationId()))
            .setBrokerEpoch(epoch)
            .setRack(broker.getRack().isEmpty() ? null : broker.getRack())
            .setLogDirs(List.of(EntityKey.uuid(broker.getDirectoryId())))
            .setFenced(broker.getFenced())
            .setInControlledShutdown(broker.getInControlledShutdown());
    for (var endpoint : broker.getEndpointsList()) {
      record
          .endPoints()
          .add(
              new RegisterBrokerRecord.BrokerEndpoint()
                  .setName(endpoint.getListener())
                  .setHost(endpoint.getHost())
                  .setPort(endpoint.getPort())
                  .setSecurityProtocol((short) endpoint.getSecurityProtocol()));
    }
    return record;
  }

  /**
   * A partition with its whole state: a PartitionChangeRecord would raise the leader epoch by one,
   * and ours is a Raft term. Without a report there is no leader, and all replicas count as caught
   * up but those that are being rebuilt.
   */
  static PartitionRecord partition(
      Partition partition, @Nullable LeaderReport reported, Set<Integer> rebuilding) {
    var caughtUp = reported == null ? partition.getReplicasList() : reported.caughtUp();
    var record =
        new PartitionRecord()
            .setTopicId(EntityKey.uuid(partition.getTopicId()))
            .setPartitionId(partition.getPartition())
            .setReplicas(partition.getReplicasList())
            .setDirectories(partition.getDirectoryIdsList().stream().map(EntityKey::uuid).toList())
            .setIsr(caughtUp.stream().filter(node -> !rebuilding.contains(node)).toList())
            .setLeader(LeadershipReports.NO_LEADER)
            .setLeaderEpoch(0);
    if (reported != null) {
      record.setLeader(reported.leader()).setLeaderEpoch(reported.term());
    }
    return record;
  }
}
