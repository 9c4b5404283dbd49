package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A cluster with a topic and a load on it, and what is told of both. */
final class LoadedCluster implements AutoCloseable {

  static final String TOPIC = "ledger";
  static final int PARTITIONS = 6;

  private final Cluster cluster;
  private final Workload workload;

  private LoadedCluster(Cluster cluster, Workload workload) {
    this.cluster = cluster;
    this.workload = workload;
  }

  /**
   * Starts both.
   *
   * @param producer settings of the producer
   */
  static LoadedCluster start(Path directory, Map<String, String> producer) {
    return start(directory, producer, Map.of());
  }

  /** The same with settings of every node. */
  static LoadedCluster start(
      Path directory, Map<String, String> producer, Map<String, String> settings) {
    Cluster cluster = Cluster.start(directory, settings);
    try {
      cluster.createTopic(TOPIC, PARTITIONS);
      return new LoadedCluster(cluster, Workload.start(cluster, TOPIC, PARTITIONS, producer));
    } catch (RuntimeException | Error e) {
      System.out.println(cluster.logs());
      cluster.close();
      throw e;
    }
  }

  Cluster cluster() {
    return cluster;
  }

  NodeProcess node(int id) {
    return cluster.node(id);
  }

  /** The node that leads partition 0. */
  int aLeader() {
    return cluster.leaders(TOPIC).get(0);
  }

  List<Integer> ledBy(int node) {
    return cluster.leaders(TOPIC).entrySet().stream()
        .filter(each -> each.getValue() == node)
        .map(Map.Entry::getKey)
        .toList();
  }

  static List<Integer> allPartitions() {
    return IntStream.range(0, PARTITIONS).boxed().toList();
  }

  /**
   * Waits until partitions acknowledge what was sent after a moment, and prints how long it took.
   *
   * @param led the partitions; all of them if there are none
   */
  void awaitAcknowledged(String what, Collection<Integer> led, long since) {
    Collection<Integer> partitions = led.isEmpty() ? allPartitions() : led;
    Duration first = workload.awaitFirstAcknowledged(partitions, since);
    Duration last = workload.awaitAcknowledged(partitions, since);
    System.out.printf(
        "%s: first new acknowledgement after %d ms, the last of %d partitions' after %d ms%n",
        what, first.toMillis(), partitions.size(), last.toMillis());
  }

  /** Starts what does not run and waits until every replica has caught up. */
  void restore() {
    cluster.startStopped();
    cluster.awaitWhole();
  }

  /**
   * Checks that nothing was lost or doubled, that no call of the producer failed, and that all
   * replicas hold the same. For a cluster that is whole.
   */
  void verify() {
    try {
      int acknowledged = workload.verify();
      assertThat(workload.failures()).isEmpty();
      int replicas = cluster.verifyDigests();
      System.out.printf(
          "%d acknowledged records are there, once; %d replicas agree%n", acknowledged, replicas);
    } catch (AssertionError e) {
      System.out.println(cluster.logs());
      throw e;
    }
  }

  @Override
  public void close() {
    workload.close();
    cluster.close();
  }
}
