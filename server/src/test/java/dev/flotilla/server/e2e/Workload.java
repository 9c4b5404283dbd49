package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Records on their way to a topic all the time, and two groups that read them: a producer that is
 * idempotent and waits for all replicas, a group of each protocol.
 *
 * <p>The value of a record is its number; numbers rise in the order of the sends.
 */
final class Workload implements AutoCloseable {

  /**
   * So many of a partition wait for their acknowledgement at most: a steady load, not the most
   * there can be. A partition that is stuck does not hold up the others.
   */
  private static final int IN_FLIGHT = 20;

  private static final Duration PAUSE = Duration.ofMillis(1);

  private final String bootstrap;
  private final String topic;
  private final int partitions;
  private final KafkaProducer<String, String> producer;
  private final List<GroupReader> readers;
  private final Queue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
  private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
  private final List<Semaphore> room;
  private final Thread sender;

  /** By partition: when the newest record that was acknowledged had been sent; 0 before. */
  private final AtomicLongArray sentAt;

  /** Written by who stops it, read by the sender. */
  private volatile boolean stopped;

  /** A record and where it was acknowledged to be. */
  record Acknowledged(int partition, long offset, long number) {}

  private Workload(Cluster cluster, String topic, int partitions, Map<String, String> more) {
    this.bootstrap = cluster.bootstrap();
    this.topic = topic;
    this.partitions = partitions;
    this.sentAt = new AtomicLongArray(partitions);
    this.room = IntStream.range(0, partitions).mapToObj(each -> new Semaphore(IN_FLIGHT)).toList();
    this.producer = Clients.producer(bootstrap, more);
    this.readers =
        List.of(
            new GroupReader(bootstrap, topic, "classic"),
            new GroupReader(bootstrap, topic, "consumer"));
    this.sender = Thread.ofPlatform().name("workload").start(this::send);
  }

  /** Begins, and returns once every partition has acknowledged a record. */
  static Workload start(Cluster cluster, String topic, int partitions, Map<String, String> more) {
    Workload workload = new Workload(cluster, topic, partitions, more);
    for (int partition = 0; partition < partitions; partition++) {
      workload.awaitAcknowledged(partition, 0);
    }
    return workload;
  }

  private void send() {
    for (long number = 0; !stopped; number++) {
      int partition = (int) (number % partitions);
      if (room.get(partition).tryAcquire()) {
        long now = System.nanoTime();
        long each = number;
        var _ =
            producer.send(
                new ProducerRecord<>(topic, partition, null, Long.toString(number)),
                (at, failure) -> completed(each, now, at, failure));
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private void completed(long number, long sent, RecordMetadata at, @Nullable Exception failure) {
    if (failure == null) {
      acknowledged.add(new Acknowledged(at.partition(), at.offset(), number));
      sentAt.set(at.partition(), sent);
    } else {
      failures.add(failure);
    }
    room.get((int) (number % partitions)).release();
  }

  /**
   * Waits until a record of a partition is acknowledged that was sent after a moment.
   *
   * @param nanos the moment, as {@link System#nanoTime} had it
   * @return how long after it that was
   */
  Duration awaitAcknowledged(int partition, long nanos) {
    Await.until(
        Cluster.PATIENCE,
        "a new record in partition " + partition,
        () -> {
          long newest = sentAt.get(partition);
          return newest != 0 && newest - nanos > 0;
        });
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  /** The same for some partitions, until one of them has one. */
  Duration awaitFirstAcknowledged(Collection<Integer> some, long nanos) {
    Await.until(
        Cluster.PATIENCE,
        "a new record in one of " + some,
        () ->
            some.stream().anyMatch(each -> sentAt.get(each) != 0 && sentAt.get(each) - nanos > 0));
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  /** The same for some partitions, until all of them have one. */
  Duration awaitAcknowledged(Collection<Integer> some, long nanos) {
    some.forEach(partition -> awaitAcknowledged(partition, nanos));
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  /** Sends that failed so far. */
  List<Exception> failures() {
    return new ArrayList<>(failures);
  }

  /**
   * Stops and checks: every acknowledged record is there exactly once, at its offset and in order;
   * nothing is there twice; both groups have read every one, and no committed offset went back.
   *
   * @return how many were acknowledged
   */
  int verify() {
    stopped = true;
    join(sender);
    producer.flush();
    List<Acknowledged> all = new ArrayList<>(acknowledged);
    long[][] stored = TopicContent.read(bootstrap, topic, partitions);
    for (long[] numbers : stored) {
      long[] sorted = numbers.clone();
      Arrays.sort(sorted);
      assertThat(numbers).as("in the order of the sends").isEqualTo(sorted);
      assertThat(numbers).as("nothing twice").doesNotHaveDuplicates();
    }
    assertThat(all).isNotEmpty();
    for (Acknowledged each : all) {
      long[] numbers = stored[each.partition()];
      assertThat(each.offset()).as(each::toString).isLessThan(numbers.length);
      assertThat(numbers[(int) each.offset()]).as(each::toString).isEqualTo(each.number());
    }
    for (GroupReader reader : readers) {
      reader.awaitAll(stored);
    }
    return all.size();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    stopped = true;
    producer.close(Duration.ZERO);
    readers.forEach(GroupReader::close);
    join(sender);
  }
}
