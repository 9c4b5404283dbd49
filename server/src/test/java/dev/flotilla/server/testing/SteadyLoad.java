package dev.flotilla.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Records that go to a topic all the time, numbered in the order of the sends. */
public final class SteadyLoad implements AutoCloseable {

  private static final int IN_FLIGHT = 20;
  private static final Duration PAUSE = Duration.ofMillis(2);
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String VALUE = "x".repeat(200);

  private final String topic;
  private final int partitions;
  private final KafkaProducer<Long, String> producer;
  private final Queue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
  private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
  private final List<Semaphore> room;
  private final Thread sender;

  /** Written by who stops it, read by the sender. */
  private volatile boolean stopped;

  private record Acknowledged(int partition, long offset, long number) {}

  /** Begins at once. */
  public SteadyLoad(String bootstrap, String topic, int partitions) {
    this.topic = topic;
    this.partitions = partitions;
    this.room = IntStream.range(0, partitions).mapToObj(each -> new Semaphore(IN_FLIGHT)).toList();
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                bootstrap,
                "acks",
                "all",
                "enable.idempotence",
                "true",
                "request.timeout.ms",
                "5000",
                "delivery.timeout.ms",
                "90000"),
            new LongSerializer(),
            new StringSerializer());
    this.sender = Thread.ofPlatform().name("steady-load").start(this::send);
  }

  private void send() {
    for (long number = 0; !stopped; number++) {
      int partition = (int) (number % partitions);
      if (room.get(partition).tryAcquire()) {
        long each = number;
        var _ =
            producer.send(
                new ProducerRecord<>(topic, partition, number, VALUE),
                (at, failure) -> completed(each, at, failure));
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private void completed(long number, RecordMetadata at, @Nullable Exception failure) {
    if (failure == null) {
      acknowledged.add(new Acknowledged(at.partition(), at.offset(), number));
    } else {
      failures.add(failure);
    }
    room.get((int) (number % partitions)).release();
  }

  /** Returns when each partition has acknowledged so many more records than now. */
  public void awaitMore(int records) {
    awaitMore(IntStream.range(0, partitions).boxed().toList(), records);
  }

  /** The same for some partitions. */
  public void awaitMore(List<Integer> some, int records) {
    Map<Integer, Long> goals =
        some.stream().collect(Collectors.toMap(p -> p, p -> count(p) + records));
    Await.until(
        PATIENCE,
        records + " more records in each of " + some,
        () -> goals.entrySet().stream().allMatch(goal -> count(goal.getKey()) >= goal.getValue()));
  }

  private long count(int partition) {
    return acknowledged.stream().filter(each -> each.partition() == partition).count();
  }

  /**
   * Ends the load and checks that every acknowledged record is at its offset, once, and that no
   * send failed.
   *
   * @return how many were acknowledged
   */
  public int verify(String bootstrap) {
    stop();
    producer.flush();
    assertThat(failures).isEmpty();
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of("bootstrap.servers", bootstrap),
            new LongDeserializer(),
            new StringDeserializer())) {
      var all = IntStream.range(0, partitions).mapToObj(p -> new TopicPartition(topic, p)).toList();
      var ends = consumer.endOffsets(all, PATIENCE);
      long[][] numbers = new long[partitions][];
      ends.forEach((each, end) -> numbers[each.partition()] = new long[end.intValue()]);
      consumer.assign(all);
      consumer.seekToBeginning(all);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (all.stream()
          .anyMatch(each -> consumer.position(each, PATIENCE) < ends.getOrDefault(each, 0L))) {
        assertThat(System.nanoTime()).as("read in time").isLessThan(deadline);
        consumer
            .poll(Duration.ofMillis(200))
            .forEach(record -> numbers[record.partition()][(int) record.offset()] = record.key());
      }
      for (long[] each : numbers) {
        assertThat(each).doesNotHaveDuplicates().isSorted();
      }
      for (Acknowledged each : acknowledged) {
        assertThat(numbers[each.partition()]).hasSizeGreaterThan((int) each.offset());
        assertThat(numbers[each.partition()][(int) each.offset()]).isEqualTo(each.number());
      }
    }
    return acknowledged.size();
  }

  private void stop() {
    stopped = true;
    try {
      sender.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    stop();
    producer.close(Duration.ZERO);
  }
}
