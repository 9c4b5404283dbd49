package dev.flotilla.server.metadata;

import dev.flotilla.raft.ReplicaQuarantinedException;
import dev.flotilla.raft.Voter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Replicas that are names on a disk in memory: {@link #restarted} is the same disk, after a crash.
 */
final class FakeReplicas implements ReplicaLifecycle {

  private final Set<UUID> disk;
  private final Set<UUID> empty;
  private final Map<UUID, String> foundDamaged = new ConcurrentHashMap<>();
  private volatile Runnable damageNews = () -> {};
  private final Set<UUID> opened = ConcurrentHashMap.newKeySet();
  private final Set<UUID> running = ConcurrentHashMap.newKeySet();
  private final Set<UUID> damaged = ConcurrentHashMap.newKeySet();
  private final Set<UUID> full = ConcurrentHashMap.newKeySet();

  private final AtomicInteger looks = new AtomicInteger();

  private FakeReplicas(Set<UUID> disk, Set<UUID> empty) {
    this.disk = disk;
    this.empty = empty;
  }

  FakeReplicas() {
    this(ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet());
  }

  FakeReplicas restarted() {
    return new FakeReplicas(disk, empty);
  }

  /** What was opened, with what it held. */
  Set<UUID> opened() {
    return Set.copyOf(opened);
  }

  /** What is stored and was made without a vote. */
  Set<UUID> empty() {
    return Set.copyOf(empty);
  }

  /** A replica that runs turns out to be damaged, and does not open again. */
  void findDamaged(UUID group) {
    damaged.add(group);
    findRepairable(group);
  }

  /** A replica that runs turns out to be damaged; to open it repairs it. */
  void findRepairable(UUID group) {
    foundDamaged.put(group, "found damaged on purpose");
    damageNews.run();
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
  public void createEmpty(Replica replica, List<Integer> nodes) {
    if (!disk.add(replica.group())) {
      throw new IllegalStateException(replica + " is stored");
    }
    empty.add(replica.group());
    running.add(replica.group());
  }

  @Override
  public void open(Replica replica, List<Integer> nodes) throws ReplicaQuarantinedException {
    if (damaged.contains(replica.group())) {
      throw new ReplicaQuarantinedException("damaged on purpose", new RuntimeException());
    }
    if (!disk.contains(replica.group()) || !running.add(replica.group())) {
      throw new IllegalStateException(replica + " is not stored, or runs");
    }
    opened.add(replica.group());
  }

  @Override
  public Map<UUID, String> damaged() {
    return Map.copyOf(foundDamaged);
  }

  @Override
  public void onDamage(Runnable news) {
    damageNews = news;
  }

  @Override
  public void close(Replica replica) {
    running.remove(replica.group());
    foundDamaged.remove(replica.group());
  }

  @Override
  public void delete(Replica replica) {
    close(replica);
    disk.remove(replica.group());
    empty.remove(replica.group());
    damaged.remove(replica.group());
  }
}
