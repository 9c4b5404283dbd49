package dev.flotilla.server.partition;

import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.PartitionState;
import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.liveness.LedPartition;
import dev.flotilla.server.metadata.LeadershipReports;
import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.metadata.ReplicaLifecycle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The partitions whose replicas run on this node. Any thread may call.
 *
 * <p>A partition is registered by name: of two topics that had one name after another, the later
 * one takes the place, and the earlier one's replica is deleted by its id.
 */
public final class Partitions implements ReplicaLifecycle {

  private final int nodeId;
  private final ReplicaLogs logs;
  private final Topics topics;
  private final Duration producerExpiration;
  private final LeaderReporter reporter;
  private final List<PartitionListener> listeners = new CopyOnWriteArrayList<>();
  private final ConcurrentMap<UUID, Hosted> byGroup = new ConcurrentHashMap<>();
  private final ConcurrentMap<TopicPartition, Partition> byName = new ConcurrentHashMap<>();

  private record Hosted(Partition partition, PartitionEvents events) {}

  /**
   * A registry without partitions.
   *
   * @param reports where leadership is made known
   * @param producerExpiration {@code producer.id.expiration.ms}
   */
  public Partitions(
      int nodeId,
      ReplicaLogs logs,
      Topics topics,
      LeadershipReports reports,
      Duration producerExpiration) {
    this.nodeId = nodeId;
    this.logs = logs;
    this.topics = topics;
    this.producerExpiration = producerExpiration;
    this.reporter = new LeaderReporter(nodeId, reports);
    listeners.add(reporter);
  }

  /** The node whose partitions they are. */
  public int nodeId() {
    return nodeId;
  }

  /** Tells a listener what happens from now on to all partitions, those opened later included. */
  public void listen(PartitionListener listener) {
    listeners.add(listener);
  }

  /** Those whose replicas run here now. */
  public List<Partition> all() {
    return byGroup.values().stream().map(Hosted::partition).toList();
  }

  /** The partition, if its replica runs here. */
  public Optional<Partition> find(TopicPartition partition) {
    return Optional.ofNullable(byName.get(partition));
  }

  /**
   * The partition.
   *
   * @throws UnknownTopicOrPartitionException if the cluster does not have it
   * @throws org.apache.kafka.common.errors.NotLeaderOrFollowerException if no replica runs here
   */
  public Partition get(TopicPartition partition) {
    Partition found = byName.get(partition);
    if (found != null) {
      return found;
    }
    if (topics.contains(partition)) {
      throw Partition.notHere(partition);
    }
    throw new UnknownTopicOrPartitionException(partition + " does not exist");
  }

  /** What this node leads now and is ready to serve. */
  public List<LedPartition> led() {
    List<LedPartition> led = new ArrayList<>();
    byGroup.forEach((group, hosted) -> {
      Partition partition = hosted.partition();
      if (partition.log().leadership() instanceof Leadership.Ready) {
        List<Integer> replicas = topics.replicas(partition.id());
        if (!replicas.isEmpty()) {
          led.add(new Led(partition, group, replicas, logs));
        }
      }
    });
    return led;
  }

  /** Makes known which replicas of what is led here are caught up, where that has changed. */
  public void reportCaughtUp() {
    byGroup.forEach((group, hosted) -> {
      Partition partition = hosted.partition();
      // The term is looked at before: what is seen in a later one is not said in this one's name.
      if (partition.log().leadership() instanceof Leadership.Ready(int term)) {
        List<Integer> replicas = topics.replicas(partition.id());
        Set<Integer> caughtUp = logs.caughtUp(group);
        if (caughtUp.contains(nodeId)) {
          reporter.caughtUp(
              partition.id(), term, replicas.stream().filter(caughtUp::contains).toList());
        }
      }
    });
  }

  @Override
  public Set<UUID> stored() {
    return logs.stored();
  }

  @Override
  public Set<UUID> running() {
    return Set.copyOf(byGroup.keySet());
  }

  @Override
  public void create(Replica replica, List<Voter> voters) {
    PartitionEvents events = events(replica, voters);
    String name = replica.partition().topicPartition().toString();
    ReplicatedLog log = logs.create(replica.group(), name, voters, state(name), events);
    host(replica, log, events, voters);
  }

  @Override
  public void open(Replica replica, List<Voter> voters) throws ReplicaQuarantinedException {
    PartitionEvents events = events(replica, voters);
    String name = replica.partition().topicPartition().toString();
    ReplicatedLog log = logs.open(replica.group(), name, state(name), events);
    host(replica, log, events, voters);
  }

  private PartitionState state(String name) {
    return new ProducerState(name, producerExpiration);
  }

  private PartitionEvents events(Replica replica, List<Voter> voters) {
    reporter.replicas(replica.partition(), voters.stream().map(Voter::nodeId).toList());
    return new PartitionEvents(listeners);
  }

  private void host(
      Replica replica, ReplicatedLog log, PartitionEvents events, List<Voter> voters) {
    Partition partition = new Partition(replica.partition(), log, () -> reportedEpoch(replica));
    byGroup.put(replica.group(), new Hosted(partition, events));
    byName.put(partition.topicPartition(), partition);
    events.attach(partition);
    if (!voters.isEmpty() && voters.getFirst().nodeId() == nodeId) {
      Candidacy.begin(logs, replica.group(), log, () -> byGroup.containsKey(replica.group()));
    }
  }

  private int reportedEpoch(Replica replica) {
    return topics.leader(replica.partition().topicPartition()).map(Topics.Leader::epoch).orElse(-1);
  }

  @Override
  public void delete(Replica replica) {
    Hosted hosted = byGroup.remove(replica.group());
    if (hosted != null) {
      byName.remove(hosted.partition().topicPartition(), hosted.partition());
      hosted.events().detach(hosted.partition());
    }
    logs.delete(replica.group());
  }
}
