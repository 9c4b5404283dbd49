package dev.flotilla.server.config;

import dev.flotilla.server.network.Listener;
import dev.flotilla.server.network.NetworkConfig;
import dev.flotilla.storage.FlushMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** What an operator wants a node to be: checked, with defaults filled in. Immutable. */
public final class NodeConfig {

  private static final HostAndPort DEFAULT_METRICS = new HostAndPort("127.0.0.1", 9644);

  private final Map<String, String> configured;
  private final AbstractConfig values;
  private final List<Listener> listeners;
  private final List<Listener> advertised;
  private final Optional<ClusterNodes> cluster;
  private final HostAndPort raft;
  private final HostAndPort data;
  private final HostAndPort metrics;

  private NodeConfig(Map<String, String> configured) throws InvalidConfigException {
    this.configured = Map.copyOf(configured);
    try {
      this.values = new AbstractConfig(NodeKeys.definition(), configured, false);
    } catch (ConfigException e) {
      throw new InvalidConfigException(String.valueOf(e.getMessage()));
    }
    listeners = Listeners.parse(NodeKeys.LISTENERS, values.getList(NodeKeys.LISTENERS));
    List<String> told = values.getList(NodeKeys.ADVERTISED_LISTENERS);
    advertised = told == null ? List.of() : Listeners.parse(NodeKeys.ADVERTISED_LISTENERS, told);
    cluster = ClusterNodes.parse(values.getList(NodeKeys.CLUSTER_NODES));
    raft = raftListener(values.getString(NodeKeys.RAFT_LISTENER));
    data = dataListener(values.getString(NodeKeys.RAFT_DATA_LISTENER));
    String metricsListener = values.getString(NodeKeys.METRICS_LISTENER);
    metrics =
        metricsListener == null
            ? DEFAULT_METRICS
            : HostAndPort.parse(NodeKeys.METRICS_LISTENER, metricsListener);
  }

  private HostAndPort raftListener(@Nullable String set) throws InvalidConfigException {
    return set == null
        ? cluster
            .map(nodes -> nodes.addresses().get(nodeId()))
            .orElse(new HostAndPort("127.0.0.1", 0))
        : HostAndPort.parse(NodeKeys.RAFT_LISTENER, set);
  }

  private HostAndPort dataListener(@Nullable String set) throws InvalidConfigException {
    if (set != null) {
      return HostAndPort.parse(NodeKeys.RAFT_DATA_LISTENER, set);
    }
    if (raft.port() == 65_535) {
      throw new InvalidConfigException(
          "raft.listener=" + raft + " has no next port, set raft.data.listener");
    }
    return new HostAndPort(raft.host(), raft.port() == 0 ? 0 : raft.port() + 1);
  }

  /**
   * A node's configuration of what an operator has set, by key.
   *
   * @throws InvalidConfigException if a key is unknown, a value makes no sense, or two contradict
   */
  public static NodeConfig of(Map<String, String> configured) throws InvalidConfigException {
    KnownKeys keys = new KnownKeys(NodeKeys.definition().names());
    for (String key : configured.keySet()) {
      if (!keys.known(key) && !isOfAnEngine(key)) {
        String meant = keys.nearest(key).map(near -> "; did you mean " + near + "?").orElse("");
        throw new InvalidConfigException("unknown key " + key + meant);
      }
    }
    NodeConfig config = new NodeConfig(configured);
    Contradictions.check(config);
    return config;
  }

  private static boolean isOfAnEngine(String key) {
    return key.startsWith(NodeKeys.ENGINE_PREFIX)
        && key.indexOf('.', NodeKeys.ENGINE_PREFIX.length()) > 0;
  }

  /** Keys that were set and change nothing, sorted. */
  public List<String> withoutEffect() {
    return KnownKeys.withoutEffect(configured.keySet());
  }

  /** What was set, by key. */
  public Map<String, String> configured() {
    return configured;
  }

  public ConfigDef definition() {
    return NodeKeys.definition();
  }

  /** All values, parsed; for Kafka's classes that take their settings from one. */
  public AbstractConfig values() {
    return values;
  }

  public int nodeId() {
    int id = values.getInt(NodeKeys.NODE_ID);
    int older = values.getInt(NodeKeys.BROKER_ID);
    return id >= 0 ? id : Math.max(older, older >= 0 ? older : 1);
  }

  public Optional<String> rack() {
    return Optional.ofNullable(values.getString(NodeKeys.RACK));
  }

  public List<Listener> listeners() {
    return listeners;
  }

  /** What clients are told, where it is not the listeners themselves. */
  public List<Listener> advertisedListeners() {
    return advertised;
  }

  /** The data directory, absolute. */
  public Path directory() {
    List<String> several = values.getList(NodeKeys.LOG_DIRS);
    List<String> named = several == null ? values.getList(NodeKeys.LOG_DIR) : several;
    return Path.of(named.getFirst()).toAbsolutePath().normalize();
  }

  /** The nodes with the cluster's metadata, this one among them; empty for a node alone. */
  public Optional<ClusterNodes> cluster() {
    return cluster;
  }

  /** Where metadata and the requests of other nodes are served. */
  public HostAndPort raftListener() {
    return raft;
  }

  /** Where the replicas of partitions are served. */
  public HostAndPort dataListener() {
    return data;
  }

  /**
   * The address by which other nodes know this one.
   *
   * @throws IllegalStateException for a node alone
   */
  public HostAndPort raftAddress() {
    return cluster
        .map(nodes -> nodes.addresses().get(nodeId()))
        .orElseThrow(() -> new IllegalStateException("a node alone"));
  }

  /**
   * The address by which other nodes reach the replicas of partitions here.
   *
   * @throws IllegalStateException for a node alone
   */
  public HostAndPort dataAddress() {
    boolean named = values.getString(NodeKeys.RAFT_DATA_LISTENER) != null && !data.everywhere();
    return new HostAndPort(named ? data.host() : raftAddress().host(), data.port());
  }

  /** How many replicas topics get that do not say, where nodes that are not here do not count. */
  public int defaultReplicationFactor() {
    return configured.containsKey(NodeKeys.REPLICATION_FACTOR)
        ? values.getInt(NodeKeys.REPLICATION_FACTOR)
        : Math.min(3, cluster.map(nodes -> nodes.addresses().size()).orElse(1));
  }

  public HostAndPort metricsListener() {
    return metrics;
  }

  /** Whether the next free port will do for metrics. */
  public boolean anyMetricsPort() {
    return !configured.containsKey(NodeKeys.METRICS_LISTENER);
  }

  public String storageEngine() {
    return values.getString(NodeKeys.STORAGE_ENGINE);
  }

  public FlushMode flushMode() {
    return values.getString(NodeKeys.STORAGE_FLUSH).equals("commit")
        ? FlushMode.COMMIT
        : FlushMode.UNSAFE_OS;
  }

  /** Settings of engines without their prefixes, by engine. */
  public Map<String, Map<String, String>> engineSettings() {
    Map<String, Map<String, String>> byEngine = new HashMap<>();
    configured.forEach((key, value) -> {
      if (isOfAnEngine(key)) {
        int dot = key.indexOf('.', NodeKeys.ENGINE_PREFIX.length());
        byEngine
            .computeIfAbsent(
                key.substring(NodeKeys.ENGINE_PREFIX.length(), dot), name -> new HashMap<>())
            .put(key.substring(dot + 1), value);
      }
    });
    return byEngine;
  }

  public int segmentBytes() {
    return values.getInt(NodeKeys.SEGMENT_BYTES);
  }

  public int messageMaxBytes() {
    return values.getInt(NodeKeys.MESSAGE_MAX);
  }

  public int fetchMaxBytes() {
    return values.getInt(NodeKeys.FETCH_MAX);
  }

  public boolean autoCreateTopics() {
    return values.getBoolean(NodeKeys.AUTO_CREATE);
  }

  /** A node that is not heard of for so long is fenced. */
  public Duration sessionTimeout() {
    return Duration.ofMillis(values.getInt(NodeKeys.SESSION_TIMEOUT));
  }

  /** How often leadership returns to preferred replicas; empty if it does not by itself. */
  public Optional<Duration> leaderBalance() {
    return values.getBoolean(NodeKeys.AUTO_BALANCE)
        ? Optional.of(Duration.ofSeconds(values.getLong(NodeKeys.BALANCE_INTERVAL)))
        : Optional.empty();
  }

  public Duration producerIdExpiration() {
    return Duration.ofMillis(values.getInt(NodeKeys.PRODUCER_EXPIRATION));
  }

  public int offsetsTopicPartitions() {
    return values.getInt(NodeKeys.OFFSETS_PARTITIONS);
  }

  /** Limits and sizes of the network. */
  public NetworkConfig network() {
    long memory = values.getLong(NodeKeys.QUEUED_BYTES);
    NetworkConfig defaults = NetworkConfig.defaults();
    return new NetworkConfig(
        values.getInt(NodeKeys.NETWORK_THREADS),
        values.getInt(NodeKeys.BACKLOG),
        values.getInt(NodeKeys.SEND_BUFFER),
        values.getInt(NodeKeys.RECEIVE_BUFFER),
        values.getInt(NodeKeys.MAX_REQUEST),
        memory > 0 ? memory : defaults.requestMemoryBytes(),
        Duration.ofMillis(values.getLong(NodeKeys.MAX_IDLE)),
        values.getInt(NodeKeys.MAX_CONNECTIONS),
        values.getInt(NodeKeys.MAX_CONNECTIONS_PER_IP),
        NetworkConfig.MAX_IN_FLIGHT,
        NetworkConfig.STALLED_FRAME_AFTER,
        NetworkConfig.POLL,
        NetworkConfig.DRAIN,
        values);
  }
}
