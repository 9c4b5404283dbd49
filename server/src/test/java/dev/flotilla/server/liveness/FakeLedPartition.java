package dev.flotilla.server.liveness;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;

/** A partition that moves as the test says. */
final class FakeLedPartition implements LedPartition {

  private final List<Integer> replicas;
  private volatile List<Integer> caughtUp;
  private volatile IntFunction<CompletableFuture<Void>> transfer =
      node -> CompletableFuture.completedFuture(null);
  private final List<Integer> moves = new CopyOnWriteArrayList<>();

  /** Led by node 1. */
  private volatile int leader = 1;

  FakeLedPartition(Integer... replicas) {
    this.replicas = List.of(replicas);
    this.caughtUp = this.replicas;
  }

  FakeLedPartition caughtUp(Integer... nodes) {
    caughtUp = List.of(nodes);
    return this;
  }

  void onTransfer(IntFunction<CompletableFuture<Void>> does) {
    transfer = does;
  }

  int leader() {
    return leader;
  }

  List<Integer> moves() {
    return moves;
  }

  @Override
  public List<Integer> replicas() {
    return replicas;
  }

  @Override
  public List<Integer> caughtUp() {
    return caughtUp;
  }

  @Override
  public CompletableFuture<Void> transferTo(int nodeId) {
    moves.add(nodeId);
    return transfer.apply(nodeId).thenRun(() -> leader = nodeId);
  }
}
