package dev.flotilla.server.metadata;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.image.ClusterImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.placement.ClusterDescriber;
import org.apache.kafka.metadata.placement.PartitionAssignment;
import org.apache.kafka.metadata.placement.PlacementSpec;
import org.apache.kafka.metadata.placement.StripedReplicaPlacer;
import org.apache.kafka.metadata.placement.UsableBroker;

/** Which nodes get the replicas of new partitions. */
final class Placement {

  private final Random random;

  Placement(Random random) {
    this.random = random;
  }

  /**
   * Spreads partitions over nodes and racks as Kafka does: fenced nodes get replicas only where no
   * others are left, and nodes that are about to stop are taken for fenced.
   *
   * @return the replicas of each partition, by partition
   * @throws InvalidReplicationFactorException if there are fewer nodes than replicas, or too few
   *     are alive to elect a leader
   */
  List<List<Integer>> spread(ClusterImage cluster, int partitions, short replicationFactor) {
    try {
      var spread =
          new StripedReplicaPlacer(random)
                  .place(new PlacementSpec(0, partitions, replicationFactor), new Nodes(cluster))
                  .assignments()
                  .stream()
                  .map(PartitionAssignment::replicas)
                  .toList();
      for (var replicas : spread) {
        if (!hasMajority(cluster, replicas)) {
          throw new InvalidReplicationFactorException(
              "Of brokers %s too many are currently fenced or in controlled shutdown."
                  .formatted(replicas));
        }
      }
      return spread;
    } catch (InvalidReplicationFactorException e) {
      throw new InvalidReplicationFactorException(
          "Unable to replicate the partition " + replicationFactor + " time(s): " + e.getMessage());
    }
  }

  /**
   * Takes an assignment that a client made.
   *
   * @return the replicas of each partition, by partition
   * @throws InvalidReplicaAssignmentException if it cannot be taken
   */
  static List<List<Integer>> manual(
      ClusterImage cluster, Collection<CreatableReplicaAssignment> assignments) {
    var partitions = new ArrayList<List<Integer>>();
    assignments.stream()
        .sorted((a, b) -> Integer.compare(a.partitionIndex(), b.partitionIndex()))
        .forEach(assignment -> {
          if (assignment.partitionIndex() != partitions.size()) {
            throw new InvalidReplicaAssignmentException(
                "partitions must be numbered from 0 without a gap or repetition, found "
                    + assignment.partitionIndex());
          }
          check(cluster, assignment.brokerIds());
          if (!hasMajority(cluster, assignment.brokerIds())) {
            throw new InvalidReplicaAssignmentException(
                ("Of the brokers specified in the manual partition assignment for partition %d"
                        + " too many are fenced or in controlled shutdown.")
                    .formatted(assignment.partitionIndex()));
          }
          partitions.add(assignment.brokerIds());
        });
    var factor = partitions.getFirst().size();
    if (partitions.stream().anyMatch(replicas -> replicas.size() != factor)) {
      throw new InvalidReplicaAssignmentException(
          "all partitions must have the same number of replicas");
    }
    return partitions;
  }

  /** Whether enough nodes are alive to elect a leader now. */
  private static boolean hasMajority(ClusterImage cluster, List<Integer> replicas) {
    var alive =
        replicas.stream().map(cluster::broker).filter(broker -> broker != null && isAlive(broker));
    return alive.count() > replicas.size() / 2;
  }

  private static boolean isAlive(BrokerRegistration broker) {
    return !broker.fenced() && !broker.inControlledShutdown();
  }

  private static void check(ClusterImage cluster, List<Integer> replicas) {
    if (replicas.isEmpty()) {
      throw new InvalidReplicaAssignmentException("a partition has no replicas");
    }
    if (new HashSet<>(replicas).size() != replicas.size()) {
      throw new InvalidReplicaAssignmentException("a partition names a broker twice: " + replicas);
    }
    for (var replica : replicas) {
      if (cluster.broker(replica) == null) {
        throw new InvalidReplicaAssignmentException("no broker " + replica + " is registered");
      }
    }
  }

  /** The image's nodes as Kafka's placer wants to see them. */
  private record Nodes(ClusterImage cluster) implements ClusterDescriber {

    @Override
    public Iterator<UsableBroker> usableBrokers() {
      return cluster.brokers().values().stream()
          .map(broker -> new UsableBroker(broker.id(), broker.rack(), !isAlive(broker)))
          .iterator();
    }

    @Override
    public Uuid defaultDir(int brokerId) {
      return Optional.ofNullable(cluster.broker(brokerId))
          .map(broker -> broker.directories().getFirst())
          .orElse(Uuid.ZERO_UUID);
    }
  }
}
