package dev.flotilla.server.group;

import com.yammer.metrics.core.MetricsRegistry;
import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.ReplicaListener;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.server.api.GroupHandlers;
import dev.flotilla.server.network.Answer;
import dev.flotilla.server.network.Request;
import dev.flotilla.server.network.RequestHandler;
import dev.flotilla.server.testing.InMemoryReplicatedLog;
import dev.flotilla.server.testing.StatelessPartition;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;

/**
 * The groups of one node: coordinators on logs in memory, a metadata image that a test changes, and
 * the handlers, reached through requests and responses in their encoded form. All partitions of
 * {@code __consumer_offsets} exist, and are led by the node once a test says so.
 */
final class GroupsFixture implements AutoCloseable {

  static final int NODE = 1;
  static final String HOST = "node-1.example";
  static final int PORT = 9092;
  static final int OFFSETS_PARTITIONS = 2;
  static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final int NO_LEADER = -1;
  private static final ListenerName LISTENER = new ListenerName("PLAINTEXT");
  private static final ConfigDef CONFIG =
      Utils.mergeConfigs(List.of(GroupCoordinatorConfig.CONFIG_DEF, ShareGroupConfig.CONFIG_DEF));

  private final List<InMemoryReplicatedLog> memory = new ArrayList<>();
  private final Map<TopicPartition, ReplicatedLog> logs = new HashMap<>();
  private final Map<ApiKeys, RequestHandler> handlers = new EnumMap<>(ApiKeys.class);
  private final AtomicInteger topicsCreated = new AtomicInteger();
  private final GroupCoordinators groups;
  private volatile MetadataImage image = MetadataImage.EMPTY;
  private volatile boolean closed;

  GroupsFixture() {
    this(log -> log);
  }

  /**
   * @param wrapping wraps the logs, as the coordinators see them
   */
  GroupsFixture(UnaryOperator<ReplicatedLog> wrapping) {
    for (int partition = 0; partition < OFFSETS_PARTITIONS; partition++) {
      var log =
          new InMemoryReplicatedLog(
              "offsets-" + partition,
              new StatelessPartition(),
              listener(partition),
              Clock.systemUTC());
      memory.add(log);
      logs.put(offsetsPartition(partition), wrapping.apply(log));
    }
    groups =
        new GroupCoordinators(
            NODE,
            new AbstractConfig(
                CONFIG,
                Map.of(
                    GroupCoordinatorConfig.GROUP_INITIAL_REBALANCE_DELAY_MS_CONFIG,
                    0,
                    GroupCoordinatorConfig.OFFSETS_LOAD_BUFFER_SIZE_CONFIG,
                    64 * 1024),
                false),
            OFFSETS_PARTITIONS,
            1 << 20,
            logs::get,
            new Metrics(),
            new MetricsRegistry());
    var locator =
        new CoordinatorLocator(
            groups.coordinator()::partitionFor,
            () -> image,
            this::when,
            this::createOffsetsTopic,
            Duration.ofMillis(200));
    for (RequestHandler handler : GroupHandlers.of(groups.coordinator(), locator, () -> image)) {
      handlers.put(handler.api(), handler);
    }
    change(
        new RegisterBrokerRecord()
            .setBrokerId(NODE)
            .setIncarnationId(Uuid.randomUuid())
            .setBrokerEpoch(1)
            .setFenced(false)
            .setEndPoints(endPoints()));
  }

  private static RegisterBrokerRecord.BrokerEndpointCollection endPoints() {
    var endPoints = new RegisterBrokerRecord.BrokerEndpointCollection();
    endPoints.add(
        new RegisterBrokerRecord.BrokerEndpoint()
            .setName(LISTENER.value())
            .setHost(HOST)
            .setPort(PORT)
            .setSecurityProtocol(SecurityProtocol.PLAINTEXT.id));
    return endPoints;
  }

  private ReplicaListener listener(int partition) {
    return new ReplicaListener() {
      @Override
      public void leadershipChanged(Leadership leadership) {
        if (!closed) {
          groups.leadershipChanged(partition, leadership);
        }
      }

      @Override
      public void highWatermarkChanged(long highWatermark) {}
    };
  }

  static TopicPartition offsetsPartition(int partition) {
    return new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, partition);
  }

  GroupCoordinators groups() {
    return groups;
  }

  Map<ApiKeys, RequestHandler> handlers() {
    return handlers;
  }

  MetadataImage image() {
    return image;
  }

  /** How often the creation of {@code __consumer_offsets} was asked for. */
  int topicsCreated() {
    return topicsCreated.get();
  }

  InMemoryReplicatedLog log(int partition) {
    return memory.get(partition);
  }

  /** The log of the partition that a group belongs to. */
  InMemoryReplicatedLog logOf(String group) {
    return log(groups.coordinator().partitionFor(group));
  }

  /** Makes the node the ready leader of all partitions. */
  void elect(int term) {
    memory.forEach(log -> log.leadReady(term));
  }

  /** Makes the node a follower of all partitions. */
  void resign(int term) {
    memory.forEach(log -> log.become(new Leadership.Following(term, Optional.empty())));
  }

  /** Changes the metadata image as records of Kafka's say. */
  synchronized void change(ApiMessage... records) {
    var delta = new MetadataDelta.Builder().setImage(image).build();
    for (ApiMessage record : records) {
      delta.replay(record);
    }
    long offset = image.highestOffsetAndEpoch().offset() + 1;
    image = delta.apply(new MetadataProvenance(offset, 1, offset, true));
    groups.metadataChanged(delta, image);
  }

  Uuid createTopic(String name, int partitions) {
    return createTopic(name, partitions, NODE);
  }

  Uuid createTopicWithoutLeaders(String name, int partitions) {
    return createTopic(name, partitions, NO_LEADER);
  }

  private Uuid createTopic(String name, int partitions, int leader) {
    Uuid id = Uuid.randomUuid();
    var records = new ArrayList<ApiMessage>();
    records.add(new TopicRecord().setName(name).setTopicId(id));
    for (int partition = 0; partition < partitions; partition++) {
      records.add(
          new PartitionRecord()
              .setTopicId(id)
              .setPartitionId(partition)
              .setReplicas(List.of(NODE))
              .setIsr(List.of(NODE))
              .setLeader(leader)
              .setLeaderEpoch(1)
              .setPartitionEpoch(1));
    }
    change(records.toArray(ApiMessage[]::new));
    return id;
  }

  void deleteTopic(Uuid id) {
    change(new RemoveTopicRecord().setTopicId(id));
  }

  private CompletableFuture<Uuid> createOffsetsTopic() {
    topicsCreated.incrementAndGet();
    return CompletableFuture.supplyAsync(
        () -> createTopic(Topic.GROUP_METADATA_TOPIC_NAME, OFFSETS_PARTITIONS));
  }

  private CompletableFuture<MetadataImage> when(Predicate<MetadataImage> condition) {
    var met = new CompletableFuture<MetadataImage>();
    Thread.ofVirtual()
        .start(() -> {
          while (!met.isDone()) {
            MetadataImage now = image;
            if (condition.test(now)) {
              met.complete(now);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
          }
        });
    return met;
  }

  /** Sends a request in a version, and waits for its response. */
  <T extends AbstractResponse> T send(
      AbstractRequest.Builder<?> builder, int version, Class<T> type) {
    return ask(builder, version, type).orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  /** Sends a request in the newest version, and waits for its response. */
  <T extends AbstractResponse> T send(AbstractRequest.Builder<?> builder, Class<T> type) {
    return send(builder, builder.apiKey().latestVersion(), type);
  }

  /**
   * Sends a request in a version. Request and response are encoded and parsed on their way; a
   * failed handler is answered as the network does it.
   */
  <T extends AbstractResponse> CompletableFuture<T> ask(
      AbstractRequest.Builder<?> builder, int version, Class<T> type) {
    var header = new RequestHeader(builder.apiKey(), (short) version, "client", 7);
    ByteBuffer sent = builder.build((short) version).serializeWithHeader(header);
    var context = context(RequestHeader.parse(sent));
    AbstractRequest body = context.parseRequest(sent).request;
    RequestHandler handler = handlers.get(builder.apiKey());
    if (handler == null) {
      throw new IllegalArgumentException("no handler of " + builder.apiKey());
    }
    CompletableFuture<Answer> answered;
    try {
      answered = handler.handle(new Request(context, body));
    } catch (RuntimeException e) {
      answered = CompletableFuture.failedFuture(e);
    }
    return answered
        .exceptionally(failure -> Answer.of(body.getErrorResponse(failure)))
        .thenApply(answer -> {
          AbstractResponse response = ((Answer.Response) answer).response();
          ByteBuffer received = context.buildResponseEnvelopePayload(response);
          return type.cast(AbstractResponse.parseResponse(received, header));
        });
  }

  private static RequestContext context(RequestHeader header) {
    return new RequestContext(
        header,
        "connection",
        InetAddress.getLoopbackAddress(),
        KafkaPrincipal.ANONYMOUS,
        LISTENER,
        SecurityProtocol.PLAINTEXT,
        ClientInformation.EMPTY,
        false);
  }

  /** Asks until an answer is as wanted. */
  static <T> T eventually(Supplier<T> question, Predicate<T> wanted) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      T answer = question.get();
      if (wanted.test(answer)) {
        return answer;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("still " + answer);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  static Node thisNode() {
    return new Node(NODE, HOST, PORT);
  }

  @Override
  public void close() {
    closed = true;
    groups.close();
  }
}
