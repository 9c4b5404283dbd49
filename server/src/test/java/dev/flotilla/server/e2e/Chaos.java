package dev.flotilla.server.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Random faults of a cluster, the same ones for the same seed; each is over when it returns. */
final class Chaos {

  private static final int LONGEST_MS = 9_000;

  /** What replicas keep: their own files, and those of an engine. */
  private static final Pattern OF_REPLICAS = Pattern.compile("/(replicas|engines)/");

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
    KILL_WHILE_ANOTHER_IS_ISOLATED,
    LOSE_A_DISK,
    DAMAGE_A_FILE
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
      case LOSE_A_DISK -> {
        cluster.node(first).kill();
        cluster.wipe(first);
      }
      case DAMAGE_A_FILE -> {
        cluster.node(first).kill();
        damage(cluster.node(first).data());
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

  /**
   * Of all that a node keeps of its replicas, one file: gone, cut, zeroed in part, or with one bit
   * flipped.
   */
  private void damage(Path data) {
    try (Stream<Path> walk = Files.walk(data)) {
      List<Path> files =
          walk.filter(each -> OF_REPLICAS.matcher(each.toString()).find())
              .filter(Files::isRegularFile)
              .sorted()
              .toList();
      Path file = files.get(random.nextInt(files.size()));
      int kind = random.nextInt(4);
      long size = Files.size(file);
      long at = size == 0 ? 0 : random.nextLong(size);
      System.out.printf("chaos: damage %d at %d of %d in %s%n", kind, at, size, file);
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        ByteBuffer some = ByteBuffer.allocate((int) Math.min(4096, size - at));
        switch (kind) {
          case 0 -> Files.delete(file);
          case 1 -> channel.truncate(at);
          case 2 -> channel.write(some, at);
          default -> {
            channel.read(some, at);
            if (size > 0) {
              some.put(0, (byte) (some.get(0) ^ 1 << random.nextInt(8)));
            }
            channel.write(some.flip(), at);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
