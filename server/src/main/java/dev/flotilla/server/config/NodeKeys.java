package dev.flotilla.server.config;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.internals.BrokerSecurityConfigs;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.config.ServerLogConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * The settings of a node: Kafka's names, types and documentation wherever Kafka has the setting,
 * with defaults of our own where a node of ours wants others.
 */
final class NodeKeys {

  static final String NODE_ID = "node.id";
  static final String BROKER_ID = "broker.id";
  static final String RACK = "broker.rack";
  static final String LISTENERS = "listeners";
  static final String ADVERTISED_LISTENERS = "advertised.listeners";
  static final String LOG_DIRS = "log.dirs";
  static final String LOG_DIR = "log.dir";
  static final String NETWORK_THREADS = "num.network.threads";
  static final String BACKLOG = "socket.listen.backlog.size";
  static final String SEND_BUFFER = "socket.send.buffer.bytes";
  static final String RECEIVE_BUFFER = "socket.receive.buffer.bytes";
  static final String MAX_REQUEST = "socket.request.max.bytes";
  static final String QUEUED_BYTES = "queued.max.request.bytes";
  static final String MAX_IDLE = "connections.max.idle.ms";
  static final String MAX_CONNECTIONS = "max.connections";
  static final String MAX_CONNECTIONS_PER_IP = "max.connections.per.ip";
  static final String FETCH_MAX = "fetch.max.bytes";
  static final String MESSAGE_MAX = "message.max.bytes";
  static final String SEGMENT_BYTES = "log.segment.bytes";
  static final String REPLICATION_FACTOR = "default.replication.factor";
  static final String MIN_IN_SYNC = "min.insync.replicas";
  static final String AUTO_CREATE = "auto.create.topics.enable";
  static final String SESSION_TIMEOUT = "broker.session.timeout.ms";
  static final String AUTO_BALANCE = "auto.leader.rebalance.enable";
  static final String BALANCE_INTERVAL = "leader.imbalance.check.interval.seconds";
  static final String PRODUCER_EXPIRATION = "producer.id.expiration.ms";
  static final String OFFSETS_PARTITIONS = "offsets.topic.num.partitions";
  static final String OFFSETS_FACTOR = "offsets.topic.replication.factor";
  static final String CLUSTER_NODES = "cluster.nodes";
  static final String RAFT_LISTENER = "raft.listener";
  static final String RAFT_DATA_LISTENER = "raft.data.listener";
  static final String METRICS_LISTENER = "metrics.listener";
  static final String STORAGE_ENGINE = "storage.engine";
  static final String STORAGE_FLUSH = "storage.flush";
  static final String ZOOKEEPER = "zookeeper.connect";

  /** Settings of one engine: this, its name and a dot come before the engine's own key. */
  static final String ENGINE_PREFIX = "storage.";

  /**
   * Of Kafka's log settings those that do something here; the others belong to retention and
   * compaction or to files that this node does not have.
   */
  private static final Set<String> SERVED_LOG_KEYS =
      Set.of(
          "num.partitions",
          LOG_DIR,
          LOG_DIRS,
          SEGMENT_BYTES,
          MIN_IN_SYNC,
          AUTO_CREATE,
          "log.message.timestamp.type",
          "log.message.timestamp.before.max.ms",
          "log.message.timestamp.after.max.ms");

  private static final Map<String, Object> OWN_DEFAULTS =
      Map.of(OFFSETS_PARTITIONS, 4, OFFSETS_FACTOR, (short) -1, LOG_DIR, List.of("data"));

  private NodeKeys() {}

  /** All settings that have a value here, whether or not it has an effect. */
  static ConfigDef definition() {
    ConfigDef all = ours();
    Set<String> own = new HashSet<>(all.names());
    for (ConfigDef kafkas :
        List.of(
            LogConfig.SERVER_CONFIG_DEF,
            GroupCoordinatorConfig.CONFIG_DEF,
            ShareGroupConfig.CONFIG_DEF,
            BrokerSecurityConfigs.CONFIG_DEF)) {
      for (ConfigDef.ConfigKey key : kafkas.configKeys().values()) {
        if (own.add(key.name)) {
          all.define(withOwnDefault(key));
        }
      }
    }
    return all;
  }

  private static ConfigDef.ConfigKey withOwnDefault(ConfigDef.ConfigKey key) {
    Object value = OWN_DEFAULTS.get(key.name);
    return value == null
        ? key
        : new ConfigDef.ConfigKey(
            key.name,
            key.type,
            value,
            key.name.equals(OFFSETS_FACTOR) ? null : key.validator,
            key.importance,
            key.documentation,
            key.group,
            key.orderInGroup,
            key.width,
            key.displayName,
            key.dependents,
            key.recommender,
            key.internalConfig);
  }

  /** Whether setting it changes what the node does. */
  static boolean served(String key) {
    return ours().names().contains(key)
        || SERVED_LOG_KEYS.contains(key)
        || GroupCoordinatorConfig.CONFIG_DEF.names().contains(key);
  }

  private static ConfigDef ours() {
    return new ConfigDef()
        .define(
            NODE_ID, ConfigDef.Type.INT, -1, Importance.HIGH, "This node's id; 1 when none is set.")
        .define(BROKER_ID, ConfigDef.Type.INT, -1, Importance.HIGH, "The older name of node.id.")
        .define(RACK, ConfigDef.Type.STRING, null, Importance.MEDIUM, "The rack this node is in.")
        .define(
            LISTENERS,
            ConfigDef.Type.LIST,
            "PLAINTEXT://127.0.0.1:9092",
            Importance.HIGH,
            "Where clients connect to, NAME://HOST:PORT, separated by commas.")
        .define(
            ADVERTISED_LISTENERS,
            ConfigDef.Type.LIST,
            null,
            Importance.HIGH,
            "How clients are told to reach this node; the listeners when unset.")
        .define(
            NETWORK_THREADS,
            ConfigDef.Type.INT,
            3,
            Range.atLeast(1),
            Importance.HIGH,
            "Threads of each listener that move bytes between sockets and requests.")
        .define(
            BACKLOG,
            ConfigDef.Type.INT,
            50,
            Range.atLeast(1),
            Importance.MEDIUM,
            "Connections waiting.")
        .define(
            SEND_BUFFER,
            ConfigDef.Type.INT,
            100 << 10,
            Importance.HIGH,
            "Bytes; -1 for the system's.")
        .define(
            RECEIVE_BUFFER,
            ConfigDef.Type.INT,
            100 << 10,
            Importance.HIGH,
            "Bytes; -1 for the system's.")
        .define(
            MAX_REQUEST,
            ConfigDef.Type.INT,
            100 << 20,
            Range.atLeast(1),
            Importance.HIGH,
            "A request announced larger costs its connection. Bytes.")
        .define(
            QUEUED_BYTES,
            ConfigDef.Type.LONG,
            -1L,
            Importance.MEDIUM,
            "Memory of all requests in flight, in bytes; a quarter of the heap when -1.")
        .define(
            MAX_IDLE,
            ConfigDef.Type.LONG,
            600_000L,
            Importance.MEDIUM,
            "Closes idle connections. ms.")
        .define(
            MAX_CONNECTIONS,
            ConfigDef.Type.INT,
            Integer.MAX_VALUE,
            Range.atLeast(0),
            Importance.MEDIUM,
            "Connections at a time.")
        .define(
            MAX_CONNECTIONS_PER_IP,
            ConfigDef.Type.INT,
            Integer.MAX_VALUE,
            Range.atLeast(0),
            Importance.MEDIUM,
            "Connections at a time from one address.")
        .define(
            FETCH_MAX,
            ConfigDef.Type.INT,
            55 << 20,
            Range.atLeast(1024),
            Importance.MEDIUM,
            "The most bytes that one fetch returns.")
        .define(
            MESSAGE_MAX,
            ConfigDef.Type.INT,
            ServerLogConfigs.MAX_MESSAGE_BYTES_DEFAULT,
            Range.atLeast(0),
            Importance.HIGH,
            "The largest record batch, in bytes, of topics that do not say otherwise.")
        .define(
            "compression.type",
            ConfigDef.Type.STRING,
            "producer",
            Importance.HIGH,
            "How topics that do not say otherwise store batches; producer leaves them as they are.")
        .define(
            "delete.topic.enable",
            ConfigDef.Type.BOOLEAN,
            true,
            Importance.HIGH,
            "Whether clients may delete topics.")
        .define(
            REPLICATION_FACTOR,
            ConfigDef.Type.INT,
            1,
            Range.atLeast(1),
            Importance.MEDIUM,
            "Replicas of a topic that is created without saying how many; min(3, nodes) when unset.")
        .define(
            SESSION_TIMEOUT,
            ConfigDef.Type.INT,
            9_000,
            Range.atLeast(1_000),
            Importance.MEDIUM,
            "A node that is not heard of for so long is fenced: clients do not hear of it. ms.")
        .define(
            AUTO_BALANCE,
            ConfigDef.Type.BOOLEAN,
            true,
            Importance.HIGH,
            "Whether leadership returns by itself to the first of a partition's replicas.")
        .define(
            BALANCE_INTERVAL,
            ConfigDef.Type.LONG,
            300L,
            Range.atLeast(1),
            Importance.HIGH,
            "How often it is looked for partitions whose leadership should return. Seconds.")
        .define(
            PRODUCER_EXPIRATION,
            ConfigDef.Type.INT,
            86_400_000,
            Range.atLeast(1),
            Importance.LOW,
            "How long an idle producer's sequence numbers are remembered. ms.")
        .define(
            "transaction.max.timeout.ms",
            ConfigDef.Type.INT,
            900_000,
            Range.atLeast(1),
            Importance.HIGH,
            "The longest transaction timeout that a producer may ask for. ms.")
        .define(
            CLUSTER_NODES,
            ConfigDef.Type.LIST,
            "",
            Importance.HIGH,
            "The nodes with the cluster's metadata, ID@HOST:PORT, separated by commas: the same on"
                + " each. The ports are those of raft.listener. A node alone when unset.")
        .define(
            RAFT_LISTENER,
            ConfigDef.Type.STRING,
            null,
            Importance.MEDIUM,
            "HOST:PORT for metadata and for what nodes ask of each other. This node's address in"
                + " cluster.nodes when unset; any free port of a node alone.")
        .define(
            RAFT_DATA_LISTENER,
            ConfigDef.Type.STRING,
            null,
            Importance.MEDIUM,
            "HOST:PORT for the replicas of partitions; raft.listener's next port when unset.")
        .define(
            METRICS_LISTENER,
            ConfigDef.Type.STRING,
            null,
            Importance.MEDIUM,
            "HOST:PORT of metrics and health; 127.0.0.1:9644 or the next free port when unset.")
        .define(
            STORAGE_ENGINE,
            ConfigDef.Type.STRING,
            "mmap",
            Importance.HIGH,
            "The storage engine of replicas whose topic names none. Those that are in another move"
                + " when the node starts.")
        .define(
            STORAGE_FLUSH,
            ConfigDef.Type.STRING,
            "commit",
            ValidString.in("commit", "unsafe-os"),
            Importance.HIGH,
            "commit: acknowledged means fsynced. unsafe-os: left to the page cache.")
        .define(
            ZOOKEEPER,
            ConfigDef.Type.STRING,
            "",
            Importance.LOW,
            "Only looked at: there is no ZooKeeper here. See cluster.nodes.");
  }
}
