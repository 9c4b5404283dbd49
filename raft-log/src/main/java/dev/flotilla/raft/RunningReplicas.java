package dev.flotilla.raft;

import dev.flotilla.storage.StorageEngine;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicas of a node that are open: those that run, and those that failed and are on their way
 * back. Starts them, stops them, and does what becomes of one that fails. Any thread may call any
 * method; starts and closes of one group do not come at the same time, failures of it may.
 */
final class RunningReplicas {

  /**
   * How often a group is started: Ratis lets requests of other nodes in while it starts one, and
   * does not always survive that.
   */
  private static final int START_ATTEMPTS = 5;

  private static final Logger LOG = LoggerFactory.getLogger(RunningReplicas.class);

  private final ReplicaContext node;
  private final RatisServer server;

  /** The replicas that work, by group. */
  private final ConcurrentMap<UUID, Replica> running = new ConcurrentHashMap<>();

  /** Those that failed and are not open again yet. */
  private final ConcurrentMap<UUID, Reopening> failed = new ConcurrentHashMap<>();

  /**
   * Groups that are meant to be open, also while a failed one waits to be opened again, each with
   * what its readers see.
   */
  private final ConcurrentMap<UUID, ReadableStore> open = new ConcurrentHashMap<>();

  RunningReplicas(ReplicaContext node, RatisServer server) {
    this.node = node;
    this.server = server;
  }

  ReplicaContext node() {
    return node;
  }

  /** The replicas that work, as they come and go. */
  Map<UUID, Replica> byGroup() {
    return Collections.unmodifiableMap(running);
  }

  /** The replica of a group that works. */
  Optional<Replica> find(UUID group) {
    return Optional.ofNullable(running.get(group));
  }

  /**
   * Starts a replica of a group that is not open; it is open on return.
   *
   * @param stored its files, which are closed when it fails
   * @throws IOException if Ratis does not start the group, tried several times
   */
  void startFirst(UUID group, String name, StoredReplica stored, Applied applied)
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
          StorageEngine engine = node.engine(stored.descriptor().getEngine());
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
      node.resources().keepCheckpointed(replica);
      started = true;
    } finally {
      if (!started) {
        running.remove(group);
      }
    }
    server.campaignIfAlone(group);
  }

  /** Stops a replica, its files stay. Does nothing if it does not run. */
  void close(UUID group) {
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

  /** Stops a replica that works; returns when its files are closed. */
  void stop(Replica replica) {
    UUID group = UUID.fromString(replica.stored().descriptor().getGroup());
    // Who comes second waits until the files are closed.
    synchronized (replica) {
      if (running.get(group) == replica) {
        node.resources().forget(replica);
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
    node.background().execute(() -> stop(replica));
    node.resources()
        .retry(() -> {
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

  /** To be called before the server is closed, which stops all replicas: none is opened again. */
  void closing() {
    open.clear();
    running.values().forEach(node.resources()::forget);
    running.values().forEach(replica -> replica.member().awaitOwnEnd());
  }

  /** To be called when the server is closed: none runs any more. */
  void closed() {
    running.clear();
  }
}
