package dev.flotilla.server.metadata;

import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.metadata.OwnRebuilds.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.image.MetadataImage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the replicas on this node what the metadata says: opens those that are stored, creates
 * those that are missing, deletes those whose partition is gone, and takes this node's part in the
 * {@link ReplicaRebuild} of those that are damaged or lost.
 *
 * <p>It looks at the newest image, at what lies on the disk and at its account of that ({@link
 * ReplicaStores}), never at what it did before: whatever a crash interrupts, the next pass
 * finishes. What fails is tried again, after a while or at the next image.
 *
 * <p>Nothing is created or deleted under an image older than one under which that was done before.
 * A replica that was made here and is not on the disk was lost: it is quarantined, not made anew,
 * since it may have voted. Where the account itself was lost, this may be any replica that the
 * first image gives this node under which it may create: all of them count as made.
 */
public final class Reconciler implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

  private final Metadata metadata;
  private final int nodeId;
  private final ReplicaLifecycle lifecycle;
  private final ReplicaStores stores;
  private final OwnRebuilds rebuilds;

  /** What this process found unusable, with the reason, until it is made anew. */
  private final Map<UUID, String> damaged = new ConcurrentHashMap<>();

  /** What is closed because the metadata says so, with the reason. Written by the loop. */
  private volatile Map<UUID, String> withheld = Map.of();

  /** Completed by the loop. */
  private final CompletableFuture<Void> opened = new CompletableFuture<>();

  private final PassLoop loop;

  /**
   * Begins to follow the image at once.
   *
   * @param directory the id of this node's data directory
   */
  public Reconciler(
      Metadata metadata, int nodeId, Uuid directory, Path ledgerFile, ReplicaLifecycle lifecycle) {
    this(metadata, nodeId, directory, ledgerFile, lifecycle, Failpoints.NONE);
  }

  Reconciler(
      Metadata metadata,
      int nodeId,
      Uuid directory,
      Path ledgerFile,
      ReplicaLifecycle lifecycle,
      Failpoints failpoints) {
    this.metadata = metadata;
    this.nodeId = nodeId;
    this.lifecycle = lifecycle;
    this.stores = new ReplicaStores(lifecycle, ledgerFile, failpoints);
    this.loop = new PassLoop("reconciler", this::pass);
    this.rebuilds = new OwnRebuilds(metadata, nodeId, directory, loop::news);
    lifecycle.onDamage(loop::news);
    new Rebuilds(metadata).follow(loop::news);
    var _ = metadata.ready().thenRun(loop::news);
  }

  /** The groups that do not run because nothing here can be used, with the reason. */
  public Map<UUID, String> quarantined() {
    var all = new HashMap<>(withheld);
    all.putAll(damaged);
    return Map.copyOf(all);
  }

  /**
   * Completes after the first pass that left nothing to do, under an image that shows all that was
   * committed before this start: every replica it names runs or is {@link #quarantined}.
   */
  public CompletableFuture<Void> opened() {
    return opened.copy();
  }

  /** Stops after the present pass. The replicas stay as they are. */
  @Override
  public void close() {
    loop.close();
  }

  /** Returns whether nothing is left to do under the present image. */
  private boolean pass() {
    // Before the image is looked at, which then shows all that was committed before this start.
    if (!metadata.ready().isDone()) {
      return true;
    }
    var image = metadata.image();
    var index = image.provenance().lastContainedOffset();
    try {
      var wanted = wanted(image);
      damaged.keySet().retainAll(wanted.keySet());
      var turns = turns(wanted.values());
      var settled = closeUnusable(wanted);
      settled &= open(wanted.values(), turns);
      if (stores.mayChangeUnder(index)) {
        stores.recoverLedger(wanted.values(), index);
        settled &= create(wanted.values(), turns, index);
        settled &= makeAnew(wanted.values(), turns, index);
        settled &= stores.deleteAllBut(wanted, index);
      }
      // Otherwise a newer image is on its way, and wakes us again.
      tellOfUnusable(wanted.values(), turns);
      if (settled) {
        opened.complete(null);
      }
      return settled;
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

  private Map<UUID, Turn> turns(Collection<Replica> wanted) {
    var turns = new HashMap<UUID, Turn>();
    var closed = new HashMap<UUID, String>();
    for (var replica : wanted) {
      var turn = rebuilds.turn(replica);
      turns.put(replica.group(), turn);
      switch (turn) {
        case Turn.Use use -> {}
        case Turn.Keep keep -> {}
        case Turn.Nothing nothing -> {}
        case Turn.Wait(var reason) -> closed.put(replica.group(), reason);
        case Turn.Unusable(var reason) -> closed.put(replica.group(), reason);
        case Turn.MakeAnew(var removed) -> {
          if (!rebuilds.isEmptied(removed)) {
            closed.put(replica.group(), removed.reason());
          }
        }
      }
    }
    withheld = Map.copyOf(closed);
    return turns;
  }

  /**
   * Before anything else: what cannot be used is not served, and does not vote. Where others cannot
   * make it anew, to open it again may repair it.
   */
  private boolean closeUnusable(Map<UUID, Replica> wanted) {
    var found = lifecycle.damaged();
    found.forEach((group, reason) -> {
      var replica = wanted.get(group);
      if (replica != null && rebuilds.canBeRebuilt(replica) && damaged.put(group, reason) == null) {
        LOG.error("{} was found damaged, it is quarantined: {}", replica, reason);
      }
    });
    var running = lifecycle.running();
    return SideBySide.run(
        wanted.values().stream()
            .filter(replica -> running.contains(replica.group()))
            .filter(replica ->
                damaged.containsKey(replica.group())
                    || withheld.containsKey(replica.group())
                    || found.containsKey(replica.group()))
            .toList(),
        lifecycle::close);
  }

  private boolean open(Collection<Replica> wanted, Map<UUID, Turn> turns) {
    var running = lifecycle.running();
    var stored = lifecycle.stored();
    return SideBySide.run(
        wanted.stream()
            .filter(replica -> stored.contains(replica.group()))
            .filter(replica -> !running.contains(replica.group()))
            .filter(replica -> !damaged.containsKey(replica.group()))
            .filter(replica -> isToRun(turns.get(replica.group())))
            .toList(),
        this::open);
  }

  private static boolean isToRun(@Nullable Turn turn) {
    return turn instanceof Turn.Use || turn instanceof Turn.Keep;
  }

  private void open(Replica replica) {
    try {
      lifecycle.open(replica, rebuilds.nodes(replica));
    } catch (ReplicaQuarantinedException e) {
      LOG.error("{} is quarantined", replica, e);
      damaged.put(replica.group(), String.valueOf(e.getMessage()));
    }
  }

  private boolean create(Collection<Replica> wanted, Map<UUID, Turn> turns, long index) {
    var stored = lifecycle.stored();
    // Those whose creation a crash interrupted are stored, and only not yet marked.
    var interrupted = new ArrayList<Replica>();
    var missing = new LinkedHashMap<Replica, List<Voter>>();
    for (var replica : wanted) {
      var turn = turns.get(replica.group());
      if (!isToRun(turn)) {
        continue;
      }
      var created = stores.wasCreated(replica);
      if (stored.contains(replica.group())) {
        if (!created) {
          interrupted.add(replica);
        }
      } else if (!created && turn instanceof Turn.Use) {
        // A voter that never registered cannot be reached; its registration wakes us.
        rebuilds.firstVoters(replica).ifPresent(voters -> missing.put(replica, voters));
      } else if (damaged.put(replica.group(), "its store is missing") == null) {
        LOG.error("{} was created here and is not on the disk: it is quarantined", replica);
      }
    }
    return stores.create(missing, interrupted, index);
  }

  /** What is no voter any more is emptied, and told to be so until that is known. */
  private boolean makeAnew(Collection<Replica> wanted, Map<UUID, Turn> turns, long index) {
    var removed = new LinkedHashMap<Replica, ReplicaRebuild>();
    for (var replica : wanted) {
      if (turns.get(replica.group()) instanceof Turn.MakeAnew(var rebuild)) {
        removed.put(replica, rebuild);
      }
    }
    var full = new LinkedHashMap<Replica, List<Integer>>();
    removed.forEach((replica, rebuild) -> {
      if (!rebuilds.isEmptied(rebuild)) {
        full.put(replica, rebuilds.nodes(replica));
      }
    });
    var made = full.isEmpty() ? List.<Replica>of() : stores.makeAnew(full, index);
    for (var replica : made) {
      LOG.info("{} was made anew and waits to be added by its leader", replica);
      damaged.remove(replica.group());
    }
    removed.forEach((replica, rebuild) -> {
      if (!full.containsKey(replica) || made.contains(replica)) {
        rebuilds.emptied(rebuild);
      }
    });
    return made.size() == full.size();
  }

  /** Not of what is closed for another reason, or was made anew just now. */
  private void tellOfUnusable(Collection<Replica> wanted, Map<UUID, Turn> turns) {
    for (var replica : wanted) {
      var reason = damaged.get(replica.group());
      if (reason != null) {
        rebuilds.unusable(replica, reason);
      } else if (turns.get(replica.group()) instanceof Turn.Unusable(var lost)) {
        rebuilds.unusable(replica, lost);
      }
    }
  }
}
