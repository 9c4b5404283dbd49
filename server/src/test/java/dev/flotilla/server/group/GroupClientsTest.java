package dev.flotilla.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kafka's own consumers, with both of their protocols, against the coordinators. */
final class GroupClientsTest {

  private static final int PARTITIONS = 3;
  private static final int ROUNDS = 6;
  private static final int RECORDS_A_ROUND = 50;

  @TempDir Path directory;

  private static KafkaProducer<String, String> producer(GroupNode node) {
    return new KafkaProducer<>(
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            node.bootstrap(),
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            false,
            ProducerConfig.ACKS_CONFIG,
            "all"),
        new StringSerializer(),
        new StringSerializer());
  }

  private static KafkaConsumer<String, String> consumer(GroupNode node, String protocol) {
    Map<String, Object> config = new HashMap<>();
    config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, node.bootstrap());
    config.put(ConsumerConfig.GROUP_ID_CONFIG, "readers-" + protocol);
    config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
    config.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 1000);
    if (protocol.equals("classic")) {
      config.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 100);
      config.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, GroupNode.SESSION_TIMEOUT_MS);
    }
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  private static Set<String> produce(GroupNode node, int round) throws Exception {
    Set<String> values = new HashSet<>();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (var producer = producer(node)) {
      for (int i = 0; i < RECORDS_A_ROUND; i++) {
        String value = round + "-" + i;
        sent.add(producer.send(new ProducerRecord<>("orders", i % PARTITIONS, "key", value)));
        values.add(value);
      }
    }
    for (Future<RecordMetadata> one : sent) {
      one.get();
    }
    return values;
  }

  /** Polls and commits until all values were read. */
  private static void consume(KafkaConsumer<String, String> consumer, Set<String> values) {
    Set<String> missing = new HashSet<>(values);
    long deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
    while (!missing.isEmpty()) {
      assertThat(System.nanoTime()).as("deadline; missing %s", missing).isLessThan(deadline);
      for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
        missing.remove(record.value());
      }
      consumer.commitSync();
    }
  }

  private static Map<TopicPartition, Long> committed(KafkaConsumer<String, String> consumer) {
    Set<TopicPartition> partitions = new HashSet<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      partitions.add(new TopicPartition("orders", partition));
    }
    Map<TopicPartition, Long> offsets = new HashMap<>();
    for (Map.Entry<TopicPartition, OffsetAndMetadata> entry :
        consumer.committed(partitions).entrySet()) {
      offsets.put(entry.getKey(), entry.getValue() == null ? 0 : entry.getValue().offset());
    }
    return offsets;
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void shouldConsumeAndCommitThroughReelections(String protocol) throws Exception {
    try (var node = new GroupNode(directory)) {
      node.createTopic("orders", PARTITIONS);
      List<Long> totals = new ArrayList<>();
      try (var consumer = consumer(node, protocol)) {
        consumer.subscribe(List.of("orders"));
        for (int round = 0; round < ROUNDS; round++) {
          consume(consumer, produce(node, round));
          totals.add(committed(consumer).values().stream().mapToLong(Long::longValue).sum());
          node.reelectCoordinators();
        }
      }

      for (int round = 0; round < ROUNDS; round++) {
        assertThat(totals.get(round)).isEqualTo((long) (round + 1) * RECORDS_A_ROUND);
      }
      try (var successor = consumer(node, protocol)) {
        successor.subscribe(List.of("orders"));
        Set<String> later = produce(node, ROUNDS);
        consume(successor, later);
        long read = committed(successor).values().stream().mapToLong(Long::longValue).sum();
        assertThat(read).isEqualTo((long) (ROUNDS + 1) * RECORDS_A_ROUND);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void shouldSpreadPartitionsOverTheMembersOfAGroup(String protocol) throws Exception {
    try (var node = new GroupNode(directory)) {
      node.createTopic("orders", PARTITIONS);
      try (var first = consumer(node, protocol);
          var second = consumer(node, protocol)) {
        first.subscribe(List.of("orders"));
        second.subscribe(List.of("orders"));
        long deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
        while (first.assignment().isEmpty()
            || second.assignment().isEmpty()
            || first.assignment().size() + second.assignment().size() != PARTITIONS) {
          assertThat(System.nanoTime())
              .as("deadline; %s and %s", first.assignment(), second.assignment())
              .isLessThan(deadline);
          first.poll(Duration.ofMillis(50));
          second.poll(Duration.ofMillis(50));
        }

        Set<TopicPartition> together = new HashSet<>(first.assignment());
        together.addAll(second.assignment());
        assertThat(together).hasSize(PARTITIONS);
      }
    }
  }
}
