package dev.flotilla.raft;

import com.codahale.metrics.MetricRegistry;
import dev.flotilla.proto.ReplicaKind;
import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Raft server of a node and the replicas it runs. Any thread may call any method; calls for
 * different groups run side by side, calls for the same group do not come at the same time.
 */
public final class RaftNode implements AutoCloseable {

  /** Spreads elections; unlike other times it needs no repetition. */
  private static final RandomGenerator RANDOM = () -> ThreadLocalRandom.current().nextLong();

  /**
   * How often a group is started: Ratis lets requests of other nodes in while it starts one, and
   * does not always survive that.
   */
  private static final int START_ATTEMPTS = 5;

  private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);

  private final RaftNodeConfig config;
  private final NodeMetrics metrics;
  private final NodeResources resources;
  private final RatisServer server;
  private final Peers peers;
  private final Groups groups;
  private final Path replicas;

  /** The replicas that work, by group. */
  private final ConcurrentMap<UUID, Replica> running = new ConcurrentHashMap<>();

  /** Those that failed and are not open again yet. */
  private final ConcurrentMap<UUID, Reopening> failed = new ConcurrentHashMap<>();

  /**
   * Groups that are meant to be open, also while a failed one waits to be opened again, each with
   * what its readers see.
   */
  private final ConcurrentMap<UUID, ReadableStore> open = new ConcurrentHashMap<>();

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
    this.groups =
        new Groups(
            running,
            new GroupChanges(server.ratis(), resources.background()),
            new Succession(resources.background(), resources.timer(), RANDOM));
    this.replicas = replicas(config);
    metrics.watch(running.values());
    MajorityCheck.start(
        running.values(), config.electionTimeoutMax(), resources.background(), resources.timer());
  }

  private static Path replicas(RaftNodeConfig config) {
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
    ReplicaDirectory.sweep(replicas(config));
    NodeMetrics nodeMetrics = new NodeMetrics(metrics);
    NodeResources resources = new NodeResources(config, nodeMetrics);
    try {
      ReplicaCreation.sweepLogs(replicas(config), config.defaultEngine(), resources.engines());
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
      return ReplicaDirectory.list(replicas);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Creates a replica on an empty place and starts it. A crash in the middle leaves a replica that
   * can be opened, or none.
   *
   * @param voters the group's first configuration, the same on all its nodes; an empty list makes a
   *     replica that waits to be added by the group's leader and does not vote
   * @throws IllegalStateException if the group is stored here
   */
  public ReplicatedLog createLog(
      UUID group, String name, List<Voter> voters, PartitionState state, ReplicaListener listener) {
    PartitionReplica replica = new PartitionReplica(name, state, listener, this);
    create(group, name, ReplicaKind.LOG, voters, replica);
    return replica;
  }

  /**
   * Opens, verifies and starts a stored replica with its stored configuration. One of two voters
   * whose log is damaged begins with an empty one, which the other voter fills; see {@link Repair}.
   *
   * @throws ReplicaQuarantinedException if its files cannot be trusted
   */
  public ReplicatedLog openLog(
      UUID group, String name, PartitionState state, ReplicaListener listener)
      throws ReplicaQuarantinedException {
    PartitionReplica replica = new PartitionReplica(name, state, listener, this);
    open(group, name, ReplicaKind.LOG, replica);
    return replica;
  }

  /** As {@link #createLog}, for a log of commands. */
  public CommandLog createCommandLog(
      UUID group,
      String name,
      List<Voter> voters,
      CommandStateMachine stateMachine,
      CommandLogListener listener) {
    CommandReplica replica = new CommandReplica(name, stateMachine, listener);
    create(group, name, ReplicaKind.COMMAND_LOG, voters, replica);
    return replica;
  }

  /** As {@link #openLog}, for a log of commands. */
  public CommandLog openCommandLog(
      UUID group, String name, CommandStateMachine stateMachine, CommandLogListener listener)
      throws ReplicaQuarantinedException {
    CommandReplica replica = new CommandReplica(name, stateMachine, listener);
    open(group, name, ReplicaKind.COMMAND_LOG, replica);
    return replica;
  }

  private void create(
      UUID group, String name, ReplicaKind kind, List<Voter> voters, Applied applied) {
    try {
      StoredReplica stored =
          ReplicaCreation.create(
              replicas, group, name, kind, voters, config.defaultEngine(), resources.engines());
      startFirst(group, name, stored, applied);
    } catch (ReplicaQuarantinedException e) {
      throw new IllegalStateException(name + " was just created", e);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be created", e);
    }
  }

  private void open(UUID group, String name, ReplicaKind kind, Applied applied)
      throws ReplicaQuarantinedException {
    try {
      ReplicaDirectory directory = ReplicaDirectory.open(replicas, group);
      StoredReplica stored = Repair.open(directory, resources.engines());
      if (stored.descriptor().getKind() != kind) {
        stored.store().close();
        throw new ReplicaQuarantinedException(name + " is not a " + kind);
      }
      startFirst(group, name, stored, applied);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be opened", e);
    }
  }

  private void startFirst(UUID group, String name, StoredReplica stored, Applied applied)
      throws IOException, ReplicaQuarantinedException {
    ReadableStore readable = new ReadableStore(stored.store());
    boolean started = false;
    try {
      open.put(group, readable);
      StoredReplica from = stored;
      for (int attempt = 1; !started; attempt++) {
        try {
          start(group, Replica.of(this, name, from, readable, Replica.NOT_STARTED, applied));
          started = true;
        } catch (IOException e) {
          if (attempt == START_ATTEMPTS) {
            throw e;
          }
          LOG.warn("{}: did not start at attempt {}", name, attempt, e);
          StorageEngine engine = engine(stored.descriptor().getEngine());
          from =
              StoredReplica.reopen(
                  stored.directory(), () -> readable.reopenCutAt(engine, Long.MAX_VALUE));
        }
      }
    } finally {
      if (!started) {
        open.remove(group);
        readable.close();
      }
    }
  }

  /** Starts a replica whose files are open; they stay so when it fails. */
  void start(UUID group, Replica replica) throws IOException {
    running.put(group, replica);
    boolean started = false;
    try {
      server.add(group, replica.stored().descriptor(), new GroupStateMachine(replica));
      resources.keepCheckpointed(replica);
      started = true;
    } finally {
      if (!started) {
        running.remove(group);
      }
    }
    server.campaignIfAlone(group);
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
    open.remove(group);
    close(group, any -> true);
  }

  private void close(UUID group, Predicate<Replica> which) {
    Reopening present = failed.get(group);
    Reopening reopening = present != null && which.test(present.failed()) ? present : null;
    if (reopening != null) {
      reopening.cancel();
    }
    Replica replica = running.get(group);
    if (replica != null && which.test(replica)) {
      stop(replica);
    }
    if (reopening != null) {
      reopening.end();
      failed.remove(group, reopening);
    }
  }

  /** Stops a replica and deletes its files, durably. Does nothing if there are none. */
  public void deleteGroup(UUID group) {
    closeGroup(group);
    try {
      ReplicaCreation.delete(replicas, group, resources.engines());
    } catch (IOException e) {
      throw new UncheckedIOException(group + " cannot be deleted", e);
    }
  }

  /** Stops a replica that works; returns when its files are closed. */
  void stop(Replica replica) {
    UUID group = UUID.fromString(replica.stored().descriptor().getGroup());
    // Who comes second waits until the files are closed.
    synchronized (replica) {
      if (running.get(group) == replica) {
        resources.forget(replica);
        replica.member().awaitOwnEnd();
        server.remove(group);
        if (!isOpen(group)) {
          replica.readable().close();
        }
        running.remove(group, replica);
      }
    }
  }

  /** Marks a replica that was found damaged, closes it for good and tells its owner; may block. */
  void setAside(Replica replica, String reason) {
    UUID group = UUID.fromString(replica.stored().descriptor().getGroup());
    try {
      ReplicaDirectory directory = replica.stored().directory();
      // Nobody else's, where the group was deleted and created anew meanwhile.
      if (directory.descriptor().getLogId().equals(replica.stored().descriptor().getLogId())) {
        directory.quarantine(reason);
      }
    } catch (IOException | ReplicaQuarantinedException e) {
      LOG.error("{}: the quarantine mark was not written", replica.name(), e);
    }
    ReadableStore readable = replica.readable();
    // Who closed it has no more interest in it, and may have another one by now.
    if (open.remove(group, readable)) {
      close(group, one -> one.readable().equals(readable));
      replica.applied().damaged(reason);
    }
  }

  /** Closes a replica whose disk failed, and opens it again when the disk works. */
  void reopenLater(Replica replica, long cutAt) {
    UUID group = UUID.fromString(replica.stored().descriptor().getGroup());
    Reopening reopening = new Reopening(this, group, replica, cutAt);
    Reopening taken =
        failed.compute(
            group,
            (id, known) -> known != null && known.failed().equals(replica) ? known : reopening);
    if (!reopening.equals(taken)) {
      // It failed in more than one way; the first is dealt with already.
      return;
    }
    background().execute(() -> stop(replica));
    resources.retry(() -> {
      boolean done = reopening.attempt();
      if (done) {
        failed.remove(group, reopening);
      }
      return done;
    });
  }

  /** Whether a group is meant to be open. */
  boolean isOpen(UUID group) {
    return open.containsKey(group);
  }

  /** Writes checkpoints, stops all replicas and the server. */
  @Override
  public void close() {
    open.clear();
    running.values().forEach(resources::forget);
    running.values().forEach(replica -> replica.member().awaitOwnEnd());
    peers.close();
    server.close();
    running.clear();
    resources.close();
    metrics.close();
  }

  /** The replica of a group that works, for what asks about one. */
  Optional<Replica> replica(UUID group) {
    return Optional.ofNullable(running.get(group));
  }

  // What replicas need of their node.

  RaftNodeConfig config() {
    return config;
  }

  NodeMetrics metrics() {
    return metrics;
  }

  Executor background() {
    return resources.background();
  }

  StorageEngine engine(String name) {
    return resources.engines().engine(name);
  }

  ColdReads coldReads() {
    return resources.coldReads();
  }

  QueueBudget queueBudget() {
    return resources.queueBudget();
  }

  /** How much of what is durable one log keeps in memory at most. */
  long recentBytesPerLog() {
    return NodeResources.RECENT_BYTES_PER_LOG;
  }
}
