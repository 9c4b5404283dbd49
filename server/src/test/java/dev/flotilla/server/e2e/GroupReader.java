package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Await;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** A group of one consumer that reads a topic of a {@link Workload} and commits now and then. */
final class GroupReader implements AutoCloseable {

  private static final Duration COMMIT_EVERY = Duration.ofMillis(500);

  private final String topic;
  private final KafkaConsumer<String, String> consumer;
  private final Thread thread;
  private final Queue<String> problems = new ConcurrentLinkedQueue<>();

  /** By partition: what was read, by offset. */
  private final Map<Integer, Map<Long, Long>> read = new ConcurrentHashMap<>();

  /** Belongs to the thread. */
  private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();

  /** Written by who closes, read by the thread. */
  private volatile boolean closed;

  GroupReader(String bootstrap, String topic, String protocol) {
    this.topic = topic;
    this.consumer =
        Clients.consumer(
            bootstrap,
            Map.of(
                "group.id",
                "readers-" + protocol,
                "group.protocol",
                protocol,
                "enable.auto.commit",
                "false"));
    this.thread = Thread.ofPlatform().name("reader-" + protocol).start(this::run);
  }

  private void run() {
    try (consumer) {
      consumer.subscribe(List.of(topic), new CommittedNeverGoesBack());
      long committedAt = System.nanoTime();
      while (!closed) {
        for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(100))) {
          seen(each);
        }
        if (System.nanoTime() - committedAt > COMMIT_EVERY.toNanos()) {
          commit();
          committedAt = System.nanoTime();
        }
      }
    } catch (WakeupException e) {
      // Closed.
    } catch (RuntimeException e) {
      problems.add("the consumer failed: " + e);
    }
  }

  private void seen(ConsumerRecord<String, String> record) {
    long number = Long.parseLong(record.value());
    Long before =
        read.computeIfAbsent(record.partition(), p -> new ConcurrentHashMap<>())
            .put(record.offset(), number);
    if (before != null && before != number) {
      problems.add("%s was %d before".formatted(record, before));
    }
  }

  private void commit() {
    try {
      Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
      for (TopicPartition each : consumer.assignment()) {
        positions.put(each, new OffsetAndMetadata(consumer.position(each)));
      }
      consumer.commitSync(positions, Duration.ofSeconds(5));
      positions.forEach((partition, offset) -> committed.put(partition, offset.offset()));
    } catch (WakeupException e) {
      throw e;
    } catch (KafkaException e) {
      // A rebalance or a coordinator that moves: the next one will do.
    }
  }

  private final class CommittedNeverGoesBack implements ConsumerRebalanceListener {

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      for (TopicPartition each : partitions) {
        long position = consumer.position(each);
        if (position < committed.getOrDefault(each, 0L)) {
          problems.add(
              "%s begins at %d, and %d was committed"
                  .formatted(each, position, committed.get(each)));
        }
      }
    }
  }

  /** Waits until it has read all that is stored, and checks that it read that and nothing else. */
  void awaitAll(long[][] stored) {
    for (int partition = 0; partition < stored.length; partition++) {
      Map<Long, Long> seen = read.computeIfAbsent(partition, p -> new ConcurrentHashMap<>());
      int end = stored[partition].length;
      Await.until(
          Cluster.PATIENCE,
          "a group that has read everything",
          () -> seen.size() >= end || !problems.isEmpty());
      assertThat(problems).isEmpty();
      for (int offset = 0; offset < end; offset++) {
        assertThat(seen).containsEntry((long) offset, stored[partition][offset]);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    consumer.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
