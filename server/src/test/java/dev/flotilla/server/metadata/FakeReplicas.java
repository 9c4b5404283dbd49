package dev.flotilla.server.metadata;

import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.Voter;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Replicas that are names on a disk in memory: {@link #restarted} is the same disk, after a crash.
 */
final class FakeReplicas implements ReplicaLifecycle {

  private final Set<UUID> disk;
  private final Set<UUID> running = ConcurrentHashMap.newKeySet();
  private final Set<UUID> damaged = ConcurrentHashMap.newKeySet();
  private final Set<UUID> full = ConcurrentHashMap.newKeySet();

  private final AtomicInteger looks = new AtomicInteger();

  private FakeReplicas(Set<UUID> disk) {
    this.disk = disk;
  }

  FakeReplicas() {
    this(ConcurrentHashMap.newKeySet());
  }

  FakeReplicas restarted() {
    return new FakeReplicas(disk);
  }

  void damage(UUID group) {
    damaged.add(group);
  }

  void lose(UUID group) {
    disk.remove(group);
  }

  /** The next creation of this group fails, later ones do not. */
  void failOnce(UUID group) {
    full.add(group);
  }

  /** How often somebody looked what is stored. */
  int looks() {
    return looks.get();
  }

  @Override
  public Set<UUID> stored() {
    looks.incrementAndGet();
    return Set.copyOf(disk);
  }

  @Override
  public Set<UUID> running() {
    return Set.copyOf(running);
  }

  @Override
  public void create(Replica replica, List<Voter> voters) {
    if (full.remove(replica.group())) {
      throw new IllegalStateException("disk full, on purpose");
    }
    if (voters.isEmpty() || !disk.add(replica.group())) {
      throw new IllegalStateException(replica + " is stored, or has no voters");
    }
    running.add(replica.group());
  }

  @Override
  public void open(Replica replica, List<Voter> voters) throws ReplicaQuarantinedException {
    if (damaged.contains(replica.group())) {
      throw new ReplicaQuarantinedException("damaged on purpose", new RuntimeException());
    }
    if (!disk.contains(replica.group()) || !running.add(replica.group())) {
      throw new IllegalStateException(replica + " is not stored, or runs");
    }
  }

  @Override
  public void delete(Replica replica) {
    running.remove(replica.group());
    disk.remove(replica.group());
  }
}
