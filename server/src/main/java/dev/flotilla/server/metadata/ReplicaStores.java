package dev.flotilla.server.metadata;

import dev.flotilla.raft.Voter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates and deletes the stores of replicas on this node, and keeps account of it in the {@link
 * ReplicaLedger}, so that a crash at any moment leaves what the next start can finish.
 *
 * <pre>
 * create:      ledger names it -> store is made -> ledger says it was made
 * delete:      store is deleted -> ledger forgets it
 * make anew:   delete, create
 * </pre>
 *
 * <p>Belongs to the reconciler's thread. An {@link Error} that a step throws is thrown on.
 */
final class ReplicaStores {

  private static final Logger LOG = LoggerFactory.getLogger(ReplicaStores.class);

  private final ReplicaLifecycle lifecycle;
  private final ReplicaLedger ledger;
  private final Failpoints failpoints;

  ReplicaStores(ReplicaLifecycle lifecycle, Path ledgerFile, Failpoints failpoints) {
    this.lifecycle = lifecycle;
    this.ledger = ReplicaLedger.open(ledgerFile);
    this.failpoints = failpoints;
  }

  /** Whether an image is as new as the newest under which something was created or deleted. */
  boolean mayChangeUnder(long index) {
    return index >= ledger.imageIndex();
  }

  /** Where the ledger was lost, whatever is wanted counts as created. */
  void recoverLedger(Collection<Replica> wanted, long index) {
    if (ledger.isLost(lifecycle.stored())) {
      LOG.error("What was created here is not known: what is missing is quarantined");
      ledger.created(wanted, index);
    }
  }

  Set<UUID> stored() {
    return lifecycle.stored();
  }

  boolean wasCreated(Replica replica) {
    return ledger.find(replica.group()).map(ReplicaLedger.Entry::created).orElse(false);
  }

  /**
   * Creates replicas, and marks them and those whose creation was interrupted. Returns whether all
   * are there.
   *
   * @param voters the first voters of those to create
   * @param interrupted stored, and not marked as created
   */
  boolean create(Map<Replica, List<Voter>> voters, Collection<Replica> interrupted, long index) {
    if (voters.isEmpty() && interrupted.isEmpty()) {
      return true;
    }
    ledger.creating(voters.keySet(), index);
    failpoints.reached(Failpoints.Step.CREATION_RECORDED);
    var settled =
        SideBySide.run(
            voters.keySet(),
            replica -> {
              lifecycle.create(replica, voters.getOrDefault(replica, List.of()));
              failpoints.reached(Failpoints.Step.REPLICA_CREATED);
            });
    var made = new ArrayList<>(interrupted);
    made.addAll(stored(voters.keySet()));
    ledger.created(made, index);
    failpoints.reached(Failpoints.Step.CREATION_FINISHED);
    return settled;
  }

  /**
   * Deletes replicas, if they are there, and creates them without a vote. Returns those that were
   * made; the others are tried again.
   *
   * @param nodes the nodes of each one's partition
   */
  List<Replica> makeAnew(Map<Replica, List<Integer>> nodes, long index) {
    delete(nodes.keySet(), Failpoints.Step.REPLICA_WIPED, index);
    var left = stored();
    var wiped = nodes.keySet().stream().filter(replica -> !left.contains(replica.group())).toList();
    ledger.creating(wiped, index);
    SideBySide.run(
        wiped,
        replica -> {
          lifecycle.createEmpty(replica, nodes.getOrDefault(replica, List.of()));
          failpoints.reached(Failpoints.Step.EMPTY_CREATED);
        });
    var made = stored(wiped);
    ledger.created(made, index);
    failpoints.reached(Failpoints.Step.EMPTY_RECORDED);
    return made;
  }

  private List<Replica> stored(Collection<Replica> among) {
    var stored = stored();
    return among.stream().filter(replica -> stored.contains(replica.group())).toList();
  }

  /** Deletes all that is not wanted. Returns whether nothing of it is left. */
  boolean deleteAllBut(Map<UUID, Replica> wanted, long index) {
    var gone =
        ledger.entries().stream()
            .map(ReplicaLedger.Entry::replica)
            .filter(replica -> !wanted.containsKey(replica.group()))
            .toList();
    if (gone.isEmpty()) {
      return true;
    }
    failpoints.reached(Failpoints.Step.DELETION_DECIDED);
    var settled = delete(gone, Failpoints.Step.REPLICA_DELETED, index);
    failpoints.reached(Failpoints.Step.DELETION_FINISHED);
    return settled;
  }

  private boolean delete(Collection<Replica> replicas, Failpoints.Step each, long index) {
    var settled =
        SideBySide.run(
            replicas,
            replica -> {
              lifecycle.delete(replica);
              failpoints.reached(each);
            });
    var left = stored();
    ledger.deleted(
        replicas.stream().filter(replica -> !left.contains(replica.group())).toList(), index);
    return settled;
  }
}
