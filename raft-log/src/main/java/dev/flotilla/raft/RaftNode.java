package dev.flotilla.raft;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Raft server of a node and the replicas it runs. Any thread may call any method; calls for
 * different groups run side by side, calls for the same group do not come at the same time.
 */
public final class RaftNode implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);

  /** Spreads elections; unlike other times it needs no repetition. */
  private static final RandomGenerator RANDOM = () -> ThreadLocalRandom.current().nextLong();

  private final RaftNodeConfig config;
  private final NodeMetrics metrics;
  private final NodeResources resources;
  private final RatisServer server;
  private final Peers peers;
  private final Groups groups;

  /** Where the replicas lie. */
  private final Path directory;

  private final ReplicaContext context;
  private final RunningReplicas replicas;

  private RaftNode(
      RaftNodeConfig config, NodeMetrics metrics, NodeResources resources, RatisServer server) {
    this.config = config;
    this.metrics = metrics;
    this.resources = resources;
    this.server = server;
    this.peers =
        new Peers(
            config.maxEntryBytes(),
            RatisSettings.messageBytes(config),
            resources.background(),
            resources.timer());
    this.context = new ReplicaContext(config, metrics, resources, peers);
    this.replicas = new RunningReplicas(context, server);
    this.groups =
        new Groups(
            replicas.byGroup(),
            new GroupChanges(server.ratis(), resources.background()),
            new Succession(resources.background(), resources.timer(), RANDOM));
    this.directory = directory(config);
    metrics.watch(replicas.byGroup().values());
    MajorityCheck.start(
        replicas.byGroup().values(),
        config.electionTimeoutMax(),
        resources.background(),
        resources.timer());
  }

  /** Where the replicas lie. */
  static Path directory(RaftNodeConfig config) {
    return config.directory().resolve("replicas");
  }

  /**
   * Starts it without any group.
   *
   * @param metrics takes this node's metrics until it is closed; no other node's
   * @param handler answers the requests of other nodes, from now on
   * @throws IllegalArgumentException if another node uses the registry
   * @throws IOException if the directory or the port cannot be used, or Ratis is not of the version
   *     it is built for
   */
  public static RaftNode start(
      RaftNodeConfig config, MetricRegistry metrics, PeerRequestHandler handler)
      throws IOException {
    ReplicaDirectory.sweep(directory(config));
    NodeMetrics nodeMetrics = new NodeMetrics(metrics);
    NodeResources resources = new NodeResources(config, nodeMetrics);
    try {
      LogSweep.run(directory(config), config.defaultEngine(), resources.engines());
      RatisServer server = RatisServer.start(config, handler, resources.background());
      return new RaftNode(config, nodeMetrics, resources, server);
    } catch (IOException | RuntimeException e) {
      resources.close();
      nodeMetrics.close();
      throw e;
    }
  }

  /** The same for a node of which others ask nothing: it refuses. */
  public static RaftNode start(RaftNodeConfig config, MetricRegistry metrics) throws IOException {
    return start(
        config,
        metrics,
        request ->
            CompletableFuture.failedFuture(
                new UnsupportedOperationException(config.self() + " answers no requests")));
  }

  /** The other nodes, to be called and watched. */
  public Peers peers() {
    return peers;
  }

  /** Who votes in its groups, and who leads them. */
  public Groups groups() {
    return groups;
  }

  /** This node as other voters reach it, with its real port. */
  public Voter self() {
    return server.self();
  }

  /** The groups whose replicas lie in the directory, whether they are open or not. */
  public Set<UUID> storedGroups() {
    try {
      return ReplicaDirectory.list(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The storage engines that replicas can be in on this node, by name. */
  public Set<String> engines() {
    return resources.engines().names();
  }

  /** What became of the replicas that were to move to another engine. */
  public ConversionTotals conversions() {
    return resources.conversions().totals();
  }

  /**
   * Creates a replica on an empty place and starts it. A crash in the middle leaves a replica that
   * can be opened, or none.
   *
   * @param engine the storage engine that it is to be in; where that cannot be used, it is created
   *     in the node's, and an error is logged
   * @param voters the group's first configuration, the same on all its nodes; an empty list makes a
   *     replica that waits to be added by the group's leader and does not vote
   * @throws IllegalStateException if the group is stored here
   */
  public ReplicatedLog createLog(
      UUID group,
      String name,
      String engine,
      List<Voter> voters,
      PartitionState state,
      ReplicaListener listener) {
    PartitionReplica replica = new PartitionReplica(name, state, listener, context);
    create(group, name, ReplicaKind.LOG, usable(name, engine), voters, replica);
    return replica;
  }

  /** The same in the node's engine. */
  public ReplicatedLog createLog(
      UUID group, String name, List<Voter> voters, PartitionState state, ReplicaListener listener) {
    return createLog(group, name, config.defaultEngine(), voters, state, listener);
  }

  /**
   * Opens, verifies and starts a stored replica with its stored configuration. One that is in
   * another storage engine is moved first, which may take long; where that cannot be done it stays
   * where it is, and an error is logged; see {@link Conversion}. One of two voters whose log is
   * damaged begins with an empty one, which the other voter fills; see {@link Repair}.
   *
   * @param engine the storage engine that it is to be in
   * @throws ReplicaQuarantinedException if its files cannot be trusted
   */
  public ReplicatedLog openLog(
      UUID group, String name, String engine, PartitionState state, ReplicaListener listener)
      throws ReplicaQuarantinedException {
    PartitionReplica replica = new PartitionReplica(name, state, listener, context);
    open(group, name, ReplicaKind.LOG, engine, replica);
    return replica;
  }

  /** The same in the node's engine. */
  public ReplicatedLog openLog(
      UUID group, String name, PartitionState state, ReplicaListener listener)
      throws ReplicaQuarantinedException {
    return openLog(group, name, config.defaultEngine(), state, listener);
  }

  /** As {@link #createLog}, for a log of commands, in the node's engine. */
  public CommandLog createCommandLog(
      UUID group,
      String name,
      List<Voter> voters,
      CommandStateMachine stateMachine,
      CommandLogListener listener) {
    CommandReplica replica = new CommandReplica(name, stateMachine, listener);
    create(group, name, ReplicaKind.COMMAND_LOG, config.defaultEngine(), voters, replica);
    return replica;
  }

  /** As {@link #openLog}, for a log of commands, in the node's engine. */
  public CommandLog openCommandLog(
      UUID group, String name, CommandStateMachine stateMachine, CommandLogListener listener)
      throws ReplicaQuarantinedException {
    CommandReplica replica = new CommandReplica(name, stateMachine, listener);
    open(group, name, ReplicaKind.COMMAND_LOG, config.defaultEngine(), replica);
    return replica;
  }

  /** An engine that a new replica can be created in. */
  private String usable(String name, String engine) {
    if (engine.equals(config.defaultEngine())) {
      return engine;
    }
    try {
      resources.engines().engine(engine);
      return engine;
    } catch (IllegalArgumentException | StorageException e) {
      LOG.error(
          "{} is created in storage engine {}, since {} cannot be used: {}",
          name,
          config.defaultEngine(),
          engine,
          e.getMessage());
      return config.defaultEngine();
    }
  }

  private void create(
      UUID group,
      String name,
      ReplicaKind kind,
      String engine,
      List<Voter> voters,
      Applied applied) {
    try {
      StoredReplica stored =
          ReplicaCreation.create(directory, group, name, kind, voters, engine, resources.engines());
      replicas.startFirst(group, name, stored, applied);
    } catch (ReplicaQuarantinedException e) {
      throw new IllegalStateException(name + " was just created", e);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be created", e);
    }
  }

  private void open(UUID group, String name, ReplicaKind kind, String engine, Applied applied)
      throws ReplicaQuarantinedException {
    try {
      StoredReplica stored =
          Repair.open(
              ReplicaDirectory.open(directory, group),
              resources.engines(),
              resources.conversions(),
              engine);
      if (stored.descriptor().getKind() != kind) {
        stored.store().close();
        throw new ReplicaQuarantinedException(name + " is not a " + kind);
      }
      replicas.startFirst(group, name, stored, applied);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be opened", e);
    }
  }

  /**
   * Campaigns at once for a group that has no leader, if a majority would vote for this replica;
   * returns without waiting for the outcome. To do it in vain changes nothing.
   */
  public void campaign(UUID group) {
    server.campaign(group);
  }

  /** Stops a replica, its files stay. Does nothing if it does not run. */
  public void closeGroup(UUID group) {
    replicas.close(group);
  }

  /** Stops a replica and deletes its files, durably. Does nothing if there are none. */
  public void deleteGroup(UUID group) {
    closeGroup(group);
    try {
      ReplicaCreation.delete(directory, group, resources.engines());
    } catch (IOException e) {
      throw new UncheckedIOException(group + " cannot be deleted", e);
    }
  }

  /** Writes checkpoints, stops all replicas and the server. */
  @Override
  public void close() {
    replicas.closing();
    peers.close();
    server.close();
    replicas.closed();
    resources.close();
    metrics.close();
  }

  /** What lies on the disk of a group that runs here; empty if none does. */
  public Optional<StoredLog> stored(UUID group) {
    return replica(group)
        .map(replica ->
            StoredReplica.log(
                replica.stored().descriptor().getEngine(), replica.readable().present()));
  }

  /**
   * Reads durable entries of a group from an index on, until payloads of so many bytes were read,
   * and verifies them; empty if it does not run here.
   *
   * @throws StorageException if they cannot be read, or are not what was written
   */
  public Optional<CheckedEntries> check(UUID group, long fromIndex, long maxBytes) {
    return replica(group)
        .map(replica -> CheckedEntries.read(replica.readable().present(), fromIndex, maxBytes));
  }

  /** What runs in it. */
  RunningReplicas replicas() {
    return replicas;
  }

  /** The replica of a group that works, for what asks about one. */
  Optional<Replica> replica(UUID group) {
    return replicas.find(group);
  }
}
