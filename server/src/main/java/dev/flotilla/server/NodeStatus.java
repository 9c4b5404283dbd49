package dev.flotilla.server;

import dev.flotilla.raft.Leadership;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.Rebuilds;
import dev.flotilla.server.metadata.Reconciler;
import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.metadata.ReplicaRebuild;
import dev.flotilla.server.status.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.PartitionRegistration;

/** What a node knows of its cluster's health: from its metadata image, and of its own replicas. */
final class NodeStatus {

  private static final Comparator<Status.PartitionState> BY_NAME =
      Comparator.comparing(Status.PartitionState::topic)
          .thenComparingInt(Status.PartitionState::partition);

  private final int nodeId;
  private final Metadata metadata;
  private final Reconciler reconciler;
  private final Rebuilds rebuilds;

  NodeStatus(int nodeId, Metadata metadata, Reconciler reconciler) {
    this.nodeId = nodeId;
    this.metadata = metadata;
    this.reconciler = reconciler;
    this.rebuilds = new Rebuilds(metadata);
  }

  /** The status just now. Any thread may call. */
  Status now(Optional<String> notReady) {
    MetadataImage image = metadata.image();
    List<Status.PartitionState> leaderless = new ArrayList<>();
    List<Status.PartitionState> underReplicated = new ArrayList<>();
    int partitions = 0;
    for (TopicImage topic : image.topics().topicsById().values()) {
      for (Map.Entry<Integer, PartitionRegistration> each : topic.partitions().entrySet()) {
        partitions++;
        PartitionRegistration registration = each.getValue();
        Status.PartitionState state = state(topic.name(), each.getKey(), registration);
        if (registration.leader < 0) {
          leaderless.add(state);
        } else if (!caughtUp(registration)) {
          underReplicated.add(state);
        }
      }
    }
    leaderless.sort(BY_NAME);
    underReplicated.sort(BY_NAME);
    return new Status(
        nodeId,
        metadata.clusterSettings().map(settings -> settings.getClusterId()).orElse(""),
        notReady.orElse(""),
        metadataLeader(),
        image.provenance().lastContainedOffset(),
        image.cluster().brokers().values().stream()
            .sorted(Comparator.comparingInt(BrokerRegistration::id))
            .map(NodeStatus::state)
            .toList(),
        partitions,
        leaderless,
        underReplicated,
        impaired(image));
  }

  private int metadataLeader() {
    return switch (metadata.leadership()) {
      case Leadership.Ready r -> nodeId;
      case Leadership.NotReady n -> Status.NOBODY;
      case Leadership.Following following -> following.leaderNodeId().orElse(Status.NOBODY);
      case Leadership.ReadOnly r -> Status.NOBODY;
      case Leadership.Failed f -> Status.NOBODY;
    };
  }

  private static boolean caughtUp(PartitionRegistration partition) {
    Set<Integer> inSync = new HashSet<>();
    Arrays.stream(partition.isr).forEach(inSync::add);
    return Arrays.stream(partition.replicas).allMatch(inSync::contains);
  }

  private static Status.PartitionState state(
      String topic, int number, PartitionRegistration partition) {
    return new Status.PartitionState(
        topic,
        number,
        partition.leader,
        Arrays.stream(partition.replicas).boxed().toList(),
        Arrays.stream(partition.isr).boxed().toList());
  }

  private static Status.NodeState state(BrokerRegistration node) {
    return new Status.NodeState(
        node.id(),
        node.listeners().values().stream()
            .map(endpoint -> endpoint.host() + ":" + endpoint.port())
            .sorted()
            .toList(),
        node.rack().orElse(""),
        node.fenced());
  }

  /** The replicas of this node that do not take part. */
  List<Status.ReplicaState> impairedHere() {
    return impaired(metadata.image()).stream().filter(each -> each.node() == nodeId).toList();
  }

  private List<Status.ReplicaState> impaired(MetadataImage image) {
    Map<UUID, String> quarantined = reconciler.quarantined();
    Map<UUID, List<ReplicaRebuild>> rebuilding =
        rebuilds.all().stream().collect(Collectors.groupingBy(ReplicaRebuild::group));
    if (quarantined.isEmpty() && rebuilding.isEmpty()) {
      return List.of();
    }
    List<Status.ReplicaState> impaired = new ArrayList<>();
    for (TopicImage topic : image.topics().topicsById().values()) {
      topic
          .partitions()
          .forEach((number, partition) -> {
            UUID group = Replica.groupOf(topic.id(), number);
            List<ReplicaRebuild> ofPartition = rebuilding.getOrDefault(group, List.of());
            ofPartition.forEach(each -> impaired.add(rebuild(topic.name(), each)));
            String reason = quarantined.get(group);
            if (reason != null && ofPartition.stream().noneMatch(each -> each.nodeId() == nodeId)) {
              impaired.add(
                  new Status.ReplicaState(
                      topic.name(),
                      number,
                      nodeId,
                      Status.QUARANTINED,
                      reason + remedy(partition)));
            }
          });
    }
    impaired.sort(
        Comparator.comparing(Status.ReplicaState::topic)
            .thenComparingInt(Status.ReplicaState::partition)
            .thenComparingInt(Status.ReplicaState::node));
    return impaired;
  }

  private static Status.ReplicaState rebuild(String topic, ReplicaRebuild rebuild) {
    return new Status.ReplicaState(
        topic,
        rebuild.partition(),
        rebuild.nodeId(),
        switch (rebuild.step()) {
          case QUARANTINED -> Status.QUARANTINED;
          case REMOVED -> "rebuilding, no voter any more";
          case EMPTY -> "rebuilding, catching up";
        },
        rebuild.reason());
  }

  /** What is left to the operator, since too few other replicas are there to make it anew from. */
  private static String remedy(PartitionRegistration partition) {
    return partition.replicas.length < 3
        ? "; of %d replicas none is rebuilt: restore its files, or delete the topic"
            .formatted(partition.replicas.length)
        : "";
  }
}
