package dev.flotilla.server.testing;

import dev.flotilla.raft.Leadership;
import dev.flotilla.raft.PartitionState;
import dev.flotilla.raft.ReplicaListener;
import dev.flotilla.raft.ReplicatedLog;
import dev.flotilla.raft.Voter;
import dev.flotilla.server.partition.ReplicaLogs;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Replicated logs in memory, by group. */
public final class InMemoryReplicaLogs implements ReplicaLogs {

  private final Map<UUID, InMemoryReplicatedLog> logs = new ConcurrentHashMap<>();
  private final Map<UUID, String> engines = new ConcurrentHashMap<>();
  private final Set<UUID> campaigns = ConcurrentHashMap.newKeySet();
  private final Map<UUID, Set<Integer>> caughtUp = new ConcurrentHashMap<>();
  private final Clock clock;

  public InMemoryReplicaLogs(Clock clock) {
    this.clock = clock;
  }

  /** The log of a group that was created. */
  public InMemoryReplicatedLog log(UUID group) {
    return Optional.ofNullable(logs.get(group)).orElseThrow();
  }

  /** The storage engine that a group's replica was created or opened in last. */
  public String engine(UUID group) {
    return Optional.ofNullable(engines.get(group)).orElseThrow();
  }

  /** The groups that were told to campaign. */
  public Set<UUID> campaigns() {
    return campaigns;
  }

  @Override
  public Set<UUID> stored() {
    return Set.copyOf(logs.keySet());
  }

  @Override
  public ReplicatedLog create(
      UUID group,
      String name,
      String engine,
      List<Voter> voters,
      PartitionState state,
      ReplicaListener listener) {
    engines.put(group, engine);
    InMemoryReplicatedLog log = new InMemoryReplicatedLog(name, state, listener, clock);
    if (logs.putIfAbsent(group, log) != null) {
      throw new IllegalStateException(name + " exists");
    }
    return log;
  }

  @Override
  public ReplicatedLog open(
      UUID group, String name, String engine, PartitionState state, ReplicaListener listener) {
    engines.put(group, engine);
    return log(group);
  }

  @Override
  public void campaign(UUID group) {
    campaigns.add(group);
  }

  /** Names the nodes whose replicas are caught up with the leader of a group here. */
  public void caughtUp(UUID group, Set<Integer> nodes) {
    caughtUp.put(group, nodes);
  }

  @Override
  public Set<Integer> caughtUp(UUID group) {
    return caughtUp.getOrDefault(group, Set.of());
  }

  /** The other node leads at once, in the next term. */
  @Override
  public CompletableFuture<Void> transferLeadership(UUID group, int nodeId, Duration timeout) {
    var log = log(group);
    log.become(new Leadership.Following(log.leadership().term() + 1, Optional.of(nodeId)));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close(UUID group) {
    InMemoryReplicatedLog log = log(group);
    log.become(new Leadership.Failed(log.leadership().term(), "closed"));
  }

  @Override
  public void delete(UUID group) {
    InMemoryReplicatedLog log = logs.remove(group);
    if (log != null) {
      log.become(new Leadership.Failed(log.leadership().term(), "deleted"));
    }
  }
}
