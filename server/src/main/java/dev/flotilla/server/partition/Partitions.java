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
import java.util.Map;
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

  /** Replicas that turned out to be damaged, with the reason, until they are closed. */
  private final ConcurrentMap<UUID, String> damaged = new ConcurrentHashMap<>();

  /** Told of more of those. Set by whoever opens replicas before the first, read by any thread. */
  private volatile Runnable damageNews = () -> {};

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

  /** Whether this node leads the partition of a group, and is ready to serve it. */
  public boolean leads(UUID group) {
    Hosted hosted = byGroup.get(group);
    return hosted != null && hosted.partition().log().leadership() instanceof Leadership.Ready;
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
    create(replica, voters, voters.stream().map(Voter::nodeId).toList());
  }

  @Override
  public void createEmpty(Replica replica, List<Integer> nodes) {
    create(replica, List.of(), nodes);
  }

  private void create(Replica replica, List<Voter> voters, List<Integer> nodes) {
    PartitionEvents events = events(replica, nodes);
    String name = replica.partition().topicPartition().toString();
    ReplicatedLog log =
        logs.create(replica.group(), name, engine(replica), voters, state(name), events);
    host(replica, log, events);
    if (!voters.isEmpty()) {
      campaignAsFirst(replica, log, nodes);
    }
  }

  @Override
  public void open(Replica replica, List<Integer> nodes) throws ReplicaQuarantinedException {
    PartitionEvents events = events(replica, nodes);
    String name = replica.partition().topicPartition().toString();
    ReplicatedLog log = logs.open(replica.group(), name, engine(replica), state(name), events);
    host(replica, log, events);
    campaignAsFirst(replica, log, nodes);
  }

  /** As the topic wants it now: one that is stored in another is moved when it is opened. */
  private String engine(Replica replica) {
    return topics.engine(replica.partition().topic());
  }

  private PartitionState state(String name) {
    return new ProducerState(name, producerExpiration);
  }

  private PartitionEvents events(Replica replica, List<Integer> nodes) {
    reporter.replicas(replica.partition(), nodes);
    return new PartitionEvents(listeners, reason -> foundDamaged(replica.group(), reason));
  }

  private void host(Replica replica, ReplicatedLog log, PartitionEvents events) {
    Partition partition = new Partition(replica.partition(), log, () -> reportedEpoch(replica));
    byGroup.put(replica.group(), new Hosted(partition, events));
    byName.put(partition.topicPartition(), partition);
    events.attach(partition);
  }

  private void campaignAsFirst(Replica replica, ReplicatedLog log, List<Integer> nodes) {
    if (!nodes.isEmpty() && nodes.getFirst() == nodeId) {
      Candidacy.begin(logs, replica.group(), log, () -> byGroup.containsKey(replica.group()));
    }
  }

  private int reportedEpoch(Replica replica) {
    return topics.leader(replica.partition().topicPartition()).map(Topics.Leader::epoch).orElse(-1);
  }

  private void foundDamaged(UUID group, String reason) {
    damaged.put(group, reason);
    damageNews.run();
  }

  @Override
  public Map<UUID, String> damaged() {
    return Map.copyOf(damaged);
  }

  @Override
  public void onDamage(Runnable news) {
    damageNews = news;
  }

  @Override
  public void close(Replica replica) {
    unhost(replica);
    logs.close(replica.group());
    damaged.remove(replica.group());
  }

  private void unhost(Replica replica) {
    Hosted hosted = byGroup.remove(replica.group());
    if (hosted != null) {
      byName.remove(hosted.partition().topicPartition(), hosted.partition());
      hosted.events().detach(hosted.partition());
    }
  }

  @Override
  public void delete(Replica replica) {
    unhost(replica);
    logs.delete(replica.group());
    damaged.remove(replica.group());
  }
}
