package dev.flotilla.server.e2e;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** Random faults of a cluster, the same ones for the same seed; each is over when it returns. */
final class Chaos {

  private static final int LONGEST_MS = 9_000;

  private final Random random;

  /** What can happen. */
  enum Fault {
    KILL_ONE,
    KILL_TWO,
    KILL_ALL,
    STOP_ONE,
    PAUSE_ONE,
    ISOLATE_ONE,
    CUT_ONE_WAY,
    KILL_WHILE_ANOTHER_IS_ISOLATED
  }

  Chaos(long seed) {
    this.random = new Random(seed);
  }

  /** One more fault. */
  Fault next() {
    Fault[] all = Fault.values();
    return all[random.nextInt(all.length)];
  }

  /** Does it to a cluster for a while and undoes it. */
  void inflict(Fault fault, Cluster cluster) {
    List<Integer> nodes =
        random.ints(1, Cluster.NODES + 1).distinct().limit(Cluster.NODES).boxed().toList();
    int first = nodes.get(0);
    int second = nodes.get(1);
    Duration time = Duration.ofMillis(random.nextInt(LONGEST_MS));
    System.out.printf("chaos: %s nodes %s for %d ms%n", fault, nodes, time.toMillis());
    switch (fault) {
      case KILL_ONE -> cluster.node(first).kill();
      case KILL_TWO -> {
        cluster.node(first).kill();
        cluster.node(second).kill();
      }
      case KILL_ALL -> nodes.forEach(each -> cluster.node(each).kill());
      case STOP_ONE -> {
        var _ = cluster.node(first).stop();
      }
      case PAUSE_ONE -> cluster.node(first).pause();
      case ISOLATE_ONE -> cluster.links().isolate(first);
      case CUT_ONE_WAY -> cluster.links().cut(first, second);
      case KILL_WHILE_ANOTHER_IS_ISOLATED -> {
        cluster.links().isolate(first);
        cluster.node(second).kill();
      }
    }
    long since = System.nanoTime();
    while (System.nanoTime() - since < time.toNanos()) {
      LockSupport.parkNanos(time.toNanos() / 10);
    }
    cluster.links().heal();
    if (fault == Fault.PAUSE_ONE) {
      cluster.node(first).resume();
    }
    cluster.startStopped();
  }
}
