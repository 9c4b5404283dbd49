package dev.flotilla.server.testing;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.api.FetchHandler;
import dev.flotilla.server.api.FetchWaiters;
import dev.flotilla.server.api.ListOffsetsHandler;
import dev.flotilla.server.api.OffsetForLeaderEpochHandler;
import dev.flotilla.server.api.PartitionRequests;
import dev.flotilla.server.api.ProduceHandler;
import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import dev.flotilla.server.partition.BatchValidator;
import dev.flotilla.server.partition.PartitionMetrics;
import dev.flotilla.server.partition.Partitions;
import dev.flotilla.server.partition.ReplicaLogs;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.utils.Time;

/** The partitions of a node on logs in memory, with the handlers of their requests. */
public final class PartitionFixture implements AutoCloseable {

  public static final int NODE = 1;

  public final FakeTopics topics = new FakeTopics();
  public final InMemoryReplicaLogs logs = new InMemoryReplicaLogs(Clock.systemUTC());
  public final MetricRegistry registry = new MetricRegistry();
  public final List<String> reports = new CopyOnWriteArrayList<>();
  public final Partitions partitions;
  public final FetchWaiters waiters;
  public final PartitionRequests requests;
  public final ProduceHandler produce;
  public final FetchHandler fetch;
  public final ListOffsetsHandler listOffsets;
  public final OffsetForLeaderEpochHandler offsetForLeaderEpoch;

  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
  private final ExecutorService readers = Executors.newFixedThreadPool(2);

  /** On logs in memory, which {@link #logs} has. */
  public PartitionFixture() {
    this(Optional.empty(), Optional.empty());
  }

  /** On other logs, read by the threads that an executor has. */
  public PartitionFixture(ReplicaLogs otherLogs, Executor otherReaders) {
    this(Optional.of(otherLogs), Optional.of(otherReaders));
  }

  private PartitionFixture(Optional<ReplicaLogs> otherLogs, Optional<Executor> otherReaders) {
    timer.setRemoveOnCancelPolicy(true);
    PartitionMetrics metrics = new PartitionMetrics(registry);
    partitions =
        new Partitions(
            NODE,
            otherLogs.orElse(logs),
            topics,
            (id, term, leader, isr) ->
                reports.add(id.topicPartition() + " " + term + " " + leader + " " + isr),
            Duration.ofDays(1));
    waiters = new FetchWaiters(timer, 100);
    partitions.listen(waiters);
    metrics.waiters(waiters::waiting);
    requests =
        new PartitionRequests(partitions, topics, metrics, timer, otherReaders.orElse(readers));
    produce = new ProduceHandler(requests, new BatchValidator(Time.SYSTEM, metrics));
    fetch = new FetchHandler(requests, waiters, 55 << 20);
    listOffsets = new ListOffsetsHandler(requests);
    offsetForLeaderEpoch = new OffsetForLeaderEpochHandler(requests);
  }

  /** Creates a topic's first partition, led here in term 1. */
  public InMemoryReplicatedLog createLed(String topic, Map<String, String> config) {
    InMemoryReplicatedLog log = create(topic, config);
    log.leadReady(1);
    return log;
  }

  /** Creates a topic's first partition, which follows in term 0. */
  public InMemoryReplicatedLog create(String topic, Map<String, String> config) {
    Uuid id = topics.add(topic, config);
    Replica replica = Replica.of(new TopicIdPartition(id, 0, topic));
    partitions.create(replica, List.of(new Voter("one", NODE, "localhost", 0)));
    return logs.log(replica.group());
  }

  /** Has a request handled and answered, both over the wire. */
  public AbstractResponse answer(RequestHandler handler, AbstractRequest body) throws Exception {
    Request request = Wire.request(body, "client");
    return Wire.response(request, handler.handle(request).get(60, TimeUnit.SECONDS));
  }

  /** What a test's partitions lent and did not get back. */
  public int lentSlices() {
    return new ArrayList<>(logs.stored())
        .stream().mapToInt(group -> logs.log(group).lentSlices()).sum();
  }

  @Override
  public void close() {
    timer.shutdownNow();
    readers.shutdownNow();
  }
}
