package dev.flotilla.server.metadata;

import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.Voter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.image.MetadataImage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the replicas on this node what the metadata image says: opens those that are stored,
 * creates those that are missing, deletes those whose partition is gone.
 *
 * <p>It looks at the newest image, at what lies on the disk and at its {@link ReplicaLedger}, never
 * at what it did before: whatever a crash interrupts, the next pass finishes. What fails is tried
 * again, after a while or at the next image.
 *
 * <pre>
 * create:  ledger names it -> store is made -> ledger says it was made
 * delete:  store is deleted -> ledger forgets it
 * </pre>
 *
 * <p>Nothing is created or deleted under an image older than one under which that was done before.
 * A replica that the ledger says was made and that is not on the disk was lost: it is quarantined,
 * not made anew, since it may have voted. Where the ledger itself was lost, this may be any replica
 * that the first image gives this node under which it may create: all of them count as made.
 */
public final class Reconciler implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
  private static final int SIDE_BY_SIDE = 16;
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Metadata metadata;
  private final int nodeId;
  private final ReplicaLifecycle lifecycle;
  private final ReplicaLedger ledger;
  private final Failpoints failpoints;
  private final Map<UUID, String> quarantined = new ConcurrentHashMap<>();

  /** Completed by the thread. */
  private final CompletableFuture<Void> opened = new CompletableFuture<>();

  /** Given when there may be something to do; several are taken as one. */
  private final Semaphore news = new Semaphore(0);

  private final Thread thread;

  /** Written by whoever closes, read by the thread. */
  private volatile boolean closed;

  /** Begins to follow the image at once. */
  public Reconciler(Metadata metadata, int nodeId, Path ledgerFile, ReplicaLifecycle lifecycle) {
    this(metadata, nodeId, ledgerFile, lifecycle, Failpoints.NONE);
  }

  Reconciler(
      Metadata metadata,
      int nodeId,
      Path ledgerFile,
      ReplicaLifecycle lifecycle,
      Failpoints failpoints) {
    this.metadata = metadata;
    this.nodeId = nodeId;
    this.lifecycle = lifecycle;
    this.failpoints = failpoints;
    this.ledger = ReplicaLedger.open(ledgerFile);
    this.thread = Thread.ofVirtual().name("reconciler").start(this::run);
    metadata.addPublisher((delta, image) -> {
      if (delta.topicsDelta() != null || delta.clusterDelta() != null) {
        news.release();
      }
    });
    var _ = metadata.ready().thenRun(news::release);
  }

  /**
   * Completes after the first pass that left nothing to do, under an image that shows all that was
   * committed before this start: every replica it names runs or is {@link #quarantined}.
   */
  public CompletableFuture<Void> opened() {
    return opened.copy();
  }

  /** The groups that were not started because their files cannot be trusted, with the reason. */
  public Map<UUID, String> quarantined() {
    return Map.copyOf(quarantined);
  }

  /** Stops after the present step. The replicas stay as they are. */
  @Override
  public void close() {
    closed = true;
    news.release();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    var settled = true;
    try {
      while (!closed) {
        if (settled) {
          news.acquire();
        } else {
          var _ = news.tryAcquire(RETRY.toMillis(), TimeUnit.MILLISECONDS);
        }
        news.drainPermits();
        var ready = metadata.ready().isDone();
        settled = closed || pass();
        if (ready && settled && !closed) {
          opened.complete(null);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether nothing is left to do under the present image. */
  private boolean pass() {
    // Before the image is looked at, which then shows all that was committed before this start.
    var ready = metadata.ready().isDone();
    var image = metadata.image();
    var index = image.provenance().lastContainedOffset();
    try {
      var wanted = wanted(image);
      var settled = open(wanted, image);
      if (!ready || index < ledger.imageIndex()) {
        // Its news wakes us again.
        return settled;
      }
      if (ledger.isLost(lifecycle.stored())) {
        LOG.error("What was created here is not known: what is missing is quarantined");
        ledger.created(wanted.values(), index);
      }
      settled &= create(wanted, image, index);
      return delete(wanted, index) && settled;
    } catch (RuntimeException e) {
      LOG.error("Replicas do not follow metadata image {}; trying again", index, e);
      return false;
    }
  }

  private Map<UUID, Replica> wanted(MetadataImage image) {
    var wanted = new LinkedHashMap<UUID, Replica>();
    image
        .topics()
        .topicsByName()
        .forEach((name, topic) ->
            topic
                .partitions()
                .forEach((number, partition) -> {
                  if (contains(partition.replicas, nodeId)) {
                    var replica = Replica.of(new TopicIdPartition(topic.id(), number, name));
                    wanted.put(replica.group(), replica);
                  }
                }));
    return wanted;
  }

  private static boolean contains(int[] replicas, int nodeId) {
    for (var replica : replicas) {
      if (replica == nodeId) {
        return true;
      }
    }
    return false;
  }

  private boolean open(Map<UUID, Replica> wanted, MetadataImage image) {
    var running = lifecycle.running();
    var stored = lifecycle.stored();
    var closedOnes =
        wanted.values().stream()
            .filter(replica -> stored.contains(replica.group()))
            .filter(replica -> !running.contains(replica.group()))
            .filter(replica -> !quarantined.containsKey(replica.group()))
            .toList();
    return sideBySide(closedOnes, replica -> open(replica, image));
  }

  private void open(Replica replica, MetadataImage image) {
    try {
      lifecycle.open(replica, voters(replica, image).orElse(List.of()));
    } catch (ReplicaQuarantinedException e) {
      LOG.error("{} is quarantined", replica, e);
      quarantined.put(replica.group(), String.valueOf(e.getMessage()));
    }
  }

  private boolean create(Map<UUID, Replica> wanted, MetadataImage image, long index) {
    var stored = lifecycle.stored();
    // Those whose creation a crash interrupted are stored, and only not yet marked.
    var unfinished = new ArrayList<Replica>();
    var missing = new ArrayList<Replica>();
    for (var replica : wanted.values()) {
      var created = ledger.find(replica.group()).map(ReplicaLedger.Entry::created).orElse(false);
      if (stored.contains(replica.group())) {
        if (!created) {
          unfinished.add(replica);
        }
      } else if (!created) {
        missing.add(replica);
      } else if (quarantined.put(replica.group(), "its store is missing") == null) {
        LOG.error("{} was created here and is not on the disk: it is quarantined", replica);
      }
    }
    // A voter that never registered cannot be reached; its registration wakes us.
    missing.removeIf(replica -> voters(replica, image).isEmpty());
    if (missing.isEmpty() && unfinished.isEmpty()) {
      return true;
    }
    ledger.creating(missing, index);
    failpoints.reached(Failpoints.Step.CREATION_RECORDED);
    var settled =
        sideBySide(
            missing,
            replica -> {
              lifecycle.create(replica, voters(replica, image).orElseThrow());
              failpoints.reached(Failpoints.Step.REPLICA_CREATED);
            });
    var now = lifecycle.stored();
    missing.removeIf(replica -> !now.contains(replica.group()));
    unfinished.addAll(missing);
    ledger.created(unfinished, index);
    failpoints.reached(Failpoints.Step.CREATION_FINISHED);
    return settled;
  }

  private Optional<List<Voter>> voters(Replica replica, MetadataImage image) {
    var partition =
        image.topics().getPartition(replica.partition().topicId(), replica.partition().partition());
    if (partition == null) {
      return Optional.empty();
    }
    var voters = new ArrayList<Voter>();
    for (var node : partition.replicas) {
      var voter = metadata.voter(node);
      if (voter.isEmpty()) {
        return Optional.empty();
      }
      voters.add(voter.get());
    }
    return Optional.of(voters);
  }

  private boolean delete(Map<UUID, Replica> wanted, long index) {
    var gone =
        ledger.entries().stream()
            .map(ReplicaLedger.Entry::replica)
            .filter(replica -> !wanted.containsKey(replica.group()))
            .toList();
    if (gone.isEmpty()) {
      return true;
    }
    failpoints.reached(Failpoints.Step.DELETION_DECIDED);
    var settled =
        sideBySide(
            gone,
            replica -> {
              lifecycle.delete(replica);
              failpoints.reached(Failpoints.Step.REPLICA_DELETED);
            });
    var left = lifecycle.stored();
    ledger.deleted(
        gone.stream().filter(replica -> !left.contains(replica.group())).toList(), index);
    gone.forEach(replica -> quarantined.remove(replica.group()));
    failpoints.reached(Failpoints.Step.DELETION_FINISHED);
    return settled;
  }

  /** Returns whether all succeeded. An {@link Error} is thrown on. */
  private static boolean sideBySide(Collection<Replica> replicas, Consumer<Replica> step) {
    var permits = new Semaphore(SIDE_BY_SIDE);
    var failed = new ConcurrentHashMap<Replica, Throwable>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var replica : replicas) {
        threads.execute(() -> {
          permits.acquireUninterruptibly();
          try {
            step.accept(replica);
          } catch (RuntimeException | Error e) {
            failed.put(replica, e);
          } finally {
            permits.release();
          }
        });
      }
    }
    failed.forEach((replica, failure) -> {
      if (failure instanceof Error error) {
        throw error;
      }
      LOG.error("{} does not follow the metadata; trying again", replica, failure);
    });
    return failed.isEmpty();
  }
}
