package dev.flotilla.server;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.proto.metadata.ClusterSettings;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.api.ApiVersionsHandler;
import dev.flotilla.server.config.NodeConfig;
import dev.flotilla.server.forming.Failpoints;
import dev.flotilla.server.metadata.Metadata;
import dev.flotilla.server.metadata.NodeSettings;
import dev.flotilla.server.metadata.Rebuilds;
import dev.flotilla.server.metadata.Reconciler;
import dev.flotilla.server.metadata.TopicConfigs;
import dev.flotilla.server.metadata.TopicCreation;
import dev.flotilla.server.metrics.JvmMetrics;
import dev.flotilla.server.metrics.MetricsServer;
import dev.flotilla.server.network.Listener;
import dev.flotilla.server.network.ListeningSockets;
import dev.flotilla.server.network.NetworkServer;
import dev.flotilla.server.network.RequestHandler;
import dev.flotilla.server.rebuild.LeaderRebuilds;
import dev.flotilla.server.status.Digests;
import dev.flotilla.server.status.Status;
import dev.flotilla.server.status.StorageCheck;
import dev.flotilla.server.status.StorageReport;
import dev.flotilla.storage.StorageEngineFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.image.MetadataImage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node: serves clients from the return of {@link #start} until it is closed.
 *
 * <p>It starts from the inside out (data directory, metadata, partitions, groups, requests) and
 * stops the other way round, so that nobody is called who is not there.
 */
public final class Node implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Node.class);
  private static final Duration LEADERS_WITHIN = Duration.ofSeconds(10);
  private static final Duration REGISTERED_WITHIN = Duration.ofSeconds(10);

  private final NodeConfig config;
  private final Closing closing = new Closing(System::nanoTime);
  private final MetricRegistry registry = new MetricRegistry();

  /** Set once, when the node serves; read by the threads of the health check. */
  private volatile Optional<String> notReady = Optional.of("starting");

  /** Set once, when there is something to know; read by the threads of the status. */
  private volatile Supplier<Status> status;

  /** Likewise. */
  private volatile MetricsServer.Page digests;

  /** Likewise. */
  private volatile MetricsServer.Page storage;

  /** Likewise. */
  private volatile MetricsServer.Page storageCheck;

  private List<Listener> endpoints = List.of();
  private int metricsPort;

  private Node(NodeConfig config) {
    this.config = config;
    this.status = () -> Status.of(config.nodeId(), notReady.orElse(""));
    this.digests = _ -> new Digests(config.nodeId(), List.of()).json();
    this.storage =
        _ -> StorageReport.notReady(config.nodeId(), notReady.orElse(""), List.of()).json();
    this.storageCheck = _ -> StorageCheck.wrong("the node is starting").json();
  }

  /**
   * Starts a node.
   *
   * @throws StartFailure if it cannot start, with the reason in one line
   */
  public static Node start(NodeConfig config) throws StartFailure {
    Node node = new Node(config);
    try {
      node.open();
      return node;
    } catch (StartFailure e) {
      node.closing.close();
      throw e;
    } catch (InterruptedException e) {
      node.closing.close();
      Thread.currentThread().interrupt();
      throw new StartFailure("interrupted", e);
    } catch (IOException | RuntimeException | ServiceConfigurationError e) {
      node.closing.close();
      throw new StartFailure(e.getMessage() == null ? e.toString() : e.getMessage(), e);
    }
  }

  private void open() throws StartFailure, IOException, InterruptedException {
    Set<String> engines = engines();
    registry.registerAll(new JvmMetrics());
    MetricsServer metrics =
        closing.add(
            MetricsServer.start(
                config.metricsListener().host(),
                config.metricsListener().port(),
                config.anyMetricsPort()
                    ? MetricsServer.Port.OR_NEXT_FREE
                    : MetricsServer.Port.EXACTLY,
                registry,
                () -> notReady,
                Map.of(
                    "/status",
                    _ -> status.get().json(),
                    "/digests",
                    query -> digests.json(query),
                    "/storage",
                    query -> storage.json(query),
                    "/storage/check",
                    query -> storageCheck.json(query))));
    metricsPort = metrics.port();
    DataDirectory directory =
        closing.add(DataDirectory.open(config.directory(), config.nodeId(), addresses()));
    ListeningSockets sockets =
        closing.add(ListeningSockets.bind(config.listeners(), config.network()));
    endpoints = Endpoints.of(config, sockets);

    MetricRegistry metadataRegistry = new MetricRegistry();
    NodeMetadata cluster = metadata(directory, metadataRegistry);
    Metadata metadata = cluster.metadata();
    registry.register("metadata", metadataRegistry);
    NodeSettings settings = new NodeSettings(config.definition(), described(), engines);
    TopicConfigs topicConfigs = new TopicConfigs(settings);
    NodeLiveness liveness = new NodeLiveness(config, cluster, registry, closing);
    NodePartitions partitions =
        NodePartitions.start(
            config, directory, metadata, liveness.reports(), topicConfigs, registry, closing);
    Membership membership =
        liveness.register(
            partitions,
            dataVoter(partitions),
            directory.identity().directoryId(),
            Endpoints.registered(endpoints),
            reason -> notReady = Optional.of(reason));
    awaitFirstNodes(metadata);
    TopicCreation creation = new TopicCreation(metadata, settings, topicConfigs, new Random());
    NodeGroups groups = NodeGroups.start(config, metadata, creation, partitions, closing);
    Reconciler reconciler = reconcile(metadata, directory, partitions);
    digests = new NodeDigests(partitions.partitions());
    NodeStatus known = new NodeStatus(config.nodeId(), metadata, reconciler);
    status = () -> known.now(notReady);
    NodeStorage stored =
        new NodeStorage(partitions.partitions(), partitions.topics(), cluster.group(), known);
    storage = _ -> stored.report(notReady).json();
    storageCheck = query -> stored.check(query).json();
    new FirstLeaders(
            config.nodeId(),
            metadata,
            reconciler,
            () -> partitions.raft().conversions().underWay() > 0)
        .await(LEADERS_WITHIN);
    partitions.logConversions();

    List<RequestHandler> handlers =
        NodeHandlers.of(config, settings, metadata, topicConfigs, creation, partitions, groups);
    closing.add(
        NetworkServer.start(
            sockets,
            handlers,
            version -> ApiVersionsHandler.response(handlers, version),
            config.network(),
            registry,
            Time.SYSTEM));
    closing.add("leaving", membership::leave);
    membership.serve();
    notReady = Optional.empty();
  }

  /** From now on the replicas here are what the metadata says, also those that must be rebuilt. */
  private Reconciler reconcile(
      Metadata metadata, DataDirectory directory, NodePartitions partitions) {
    Reconciler reconciler =
        closing.add(
            new Reconciler(
                metadata,
                config.nodeId(),
                directory.identity().directoryId(),
                directory.replicaLedger(),
                partitions.partitions()));
    closing.add(new LeaderRebuilds(config.nodeId(), metadata, partitions.voters()));
    Rebuilds rebuilds = new Rebuilds(metadata);
    registry.gauge("replicas.quarantined", () -> () -> reconciler.quarantined().size());
    registry.gauge("replicas.rebuilding", () -> () -> rebuilds.all().size());
    return reconciler;
  }

  /**
   * What was set, and where metrics are really served: whoever looks after the node asks for it.
   */
  private Map<String, String> described() {
    Map<String, String> settings = new HashMap<>(config.configured());
    settings.put("metrics.listener", config.metricsListener().host() + ":" + metricsPort);
    return settings;
  }

  private Optional<DataDirectory.Addresses> addresses() {
    return config
        .cluster()
        .map(nodes -> new DataDirectory.Addresses(config.raftAddress(), config.dataAddress()));
  }

  private NodeMetadata metadata(DataDirectory directory, MetricRegistry metadataRegistry)
      throws StartFailure, IOException, InterruptedException {
    return config.cluster().isEmpty()
        ? NodeMetadata.startAlone(config, directory, metadataRegistry, closing)
        : ClusterMetadata.start(
            config, directory, metadataRegistry, closing, LOG::info, Failpoints.NONE);
  }

  /**
   * The first topics of a new cluster find all its nodes registered. Not for long: one of them may
   * be down.
   */
  private static void awaitFirstNodes(Metadata metadata) throws InterruptedException {
    int first = metadata.clusterSettings().map(ClusterSettings::getFirstNodes).orElse(1);
    CompletableFuture<MetadataImage> registered =
        metadata.when(image -> image.cluster().brokers().size() >= first);
    try {
      registered.get(REGISTERED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      registered.cancel(false);
      LOG.warn("Not all of the {} nodes that formed the cluster have registered", first);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** How other nodes reach the replicas of partitions here. */
  private Voter dataVoter(NodePartitions partitions) {
    Voter bound = partitions.raft().self();
    return config.cluster().isEmpty()
        ? bound
        : new Voter(
            bound.peerId(),
            bound.nodeId(),
            config.dataAddress().host(),
            config.dataAddress().port());
  }

  /** The names of the storage engines here, the configured one among them. */
  private Set<String> engines() throws StartFailure {
    Set<String> engines =
        ServiceLoader.load(StorageEngineFactory.class).stream()
            .map(provider -> provider.get().name())
            .collect(Collectors.toCollection(TreeSet::new));
    if (!engines.contains(config.storageEngine())) {
      throw new StartFailure(
          "storage.engine=%s: the engines of this node are %s"
              .formatted(config.storageEngine(), String.join(", ", engines)));
    }
    return engines;
  }

  /** How clients reach it, with real ports. */
  public List<Listener> endpoints() {
    return endpoints;
  }

  public int metricsPort() {
    return metricsPort;
  }

  /** The line that says that it is ready. */
  public String describe() {
    String listeners = endpoints.stream().map(Endpoints::text).collect(Collectors.joining(", "));
    return "node %d is ready: %s, metrics http://%s:%d, data %s, engine %s"
        .formatted(
            config.nodeId(),
            listeners,
            config.metricsListener().host(),
            metricsPort,
            config.directory(),
            config.storageEngine());
  }

  /** Stops accepting, answers what is in flight, writes checkpoints, and gives everything back. */
  @Override
  public void close() {
    notReady = Optional.of("stopping");
    LOG.info("Stopped in {}", closing.timedClose());
  }
}
