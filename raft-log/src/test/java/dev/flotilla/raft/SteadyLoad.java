package dev.flotilla.raft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Appends to a group, one batch after the other, until it is closed. */
final class SteadyLoad implements AutoCloseable {

  /**
   * Between a batch and the next. It waits for nothing: it makes a steady stream, and not as much
   * as the machine can do, which others use, too.
   */
  private static final Duration PACE = Duration.ofMillis(2);

  private final TestCluster cluster;
  private final UUID group;
  private final Thread thread;

  /** What was acknowledged. Guarded by this. */
  private final List<Appended> acknowledged = new ArrayList<>();

  private volatile boolean stopping;

  private SteadyLoad(TestCluster cluster, UUID group) {
    this.cluster = cluster;
    this.group = group;
    this.thread = Thread.ofPlatform().daemon().name("load").unstarted(this::run);
  }

  static SteadyLoad on(TestCluster cluster, UUID group) {
    SteadyLoad load = new SteadyLoad(cluster, group);
    load.thread.start();
    return load;
  }

  private void run() {
    try {
      for (int i = 1; !stopping; i++) {
        Appended appended = cluster.append(group, TestBatch.of(i, 1 + i % 3).withSize(2000));
        synchronized (this) {
          acknowledged.add(appended);
        }
        Thread.sleep(PACE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  synchronized int acknowledged() {
    return acknowledged.size();
  }

  /** Waits until so many more batches are acknowledged. */
  void awaitMore(int batches) throws InterruptedException {
    int enough = acknowledged() + batches;
    TestNodes.await(batches + " more batches", () -> acknowledged() >= enough);
  }

  /** Ends it, and says where the last acknowledged batch ends. */
  long end() throws InterruptedException {
    stopping = true;
    thread.join();
    synchronized (this) {
      return acknowledged.stream().mapToLong(Appended::lastOffset).max().orElse(-1) + 1;
    }
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
  }
}
