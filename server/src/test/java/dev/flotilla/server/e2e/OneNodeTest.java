package dev.flotilla.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node in its own process, in front of it Kafka's Java clients. */
class OneNodeTest {

  @TempDir Path directory;
  private NodeProcess node;

  @BeforeEach
  void startNode() {
    node = NodeProcess.start(directory, settings());
  }

  Map<String, String> settings() {
    return Map.of();
  }

  @AfterEach
  void endNode() {
    node.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void shouldGiveBackWhatWasProducedInOrder(String groupProtocol) throws Exception {
    // given
    int count = 20_000;
    Clients.createTopic(node.bootstrap(), "lines", 3);

    // when
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (KafkaProducer<String, String> producer = Clients.producer(node.bootstrap(), Map.of())) {
      for (int i = 0; i < count; i++) {
        sent.add(producer.send(new ProducerRecord<>("lines", "key-" + i % 97, "value-" + i)));
      }
    }

    // then
    Map<String, String> acknowledged = new HashMap<>();
    for (int i = 0; i < count; i++) {
      RecordMetadata at = sent.get(i).get();
      acknowledged.put(at.partition() + "@" + at.offset(), "value-" + i);
    }
    try (KafkaConsumer<String, String> consumer =
        Clients.consumer(
            node.bootstrap(), Map.of("group.id", "readers", "group.protocol", groupProtocol))) {
      consumer.subscribe(List.of("lines"));
      List<ConsumerRecord<String, String>> read = Clients.poll(consumer, count);
      assertThat(read).hasSize(count);
      assertThat(byPosition(read)).isEqualTo(acknowledged);
      for (int partition = 0; partition < 3; partition++) {
        int each = partition;
        assertThat(read.stream().filter(r -> r.partition() == each).map(ConsumerRecord::offset))
            .isSorted();
      }
      consumer.commitSync();
    }
    try (KafkaConsumer<String, String> consumer =
        Clients.consumer(
            node.bootstrap(), Map.of("group.id", "readers", "group.protocol", groupProtocol))) {
      consumer.subscribe(List.of("lines"));
      try (KafkaProducer<String, String> producer = Clients.producer(node.bootstrap(), Map.of())) {
        producer.send(new ProducerRecord<>("lines", "key", "the one after the commit")).get();
      }
      assertThat(Clients.poll(consumer, 1))
          .extracting(ConsumerRecord::value)
          .containsExactly("the one after the commit");
    }
  }

  @Test
  void shouldHoldEveryAcknowledgedRecordOnceAfterKills() throws Exception {
    // given
    Clients.createTopic(node.bootstrap(), "ledger", 2);
    Map<String, String> acknowledged = new HashMap<>();
    int count = 0;

    // when: the node is killed while records are on their way, three times
    try (KafkaProducer<String, String> producer =
        Clients.producer(
            node.bootstrap(), Map.of("linger.ms", "0", "delivery.timeout.ms", "120000"))) {
      for (int round = 0; round < 3; round++) {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        int first = count;
        for (int i = 0; i < 3_000; i++, count++) {
          sent.add(producer.send(new ProducerRecord<>("ledger", "k" + count, "value-" + count)));
          if (i == 1_500) {
            node.kill();
            node.startAgain();
          }
        }
        for (int i = 0; i < sent.size(); i++) {
          RecordMetadata at = sent.get(i).get();
          acknowledged.put(at.partition() + "@" + at.offset(), "value-" + (first + i));
        }
      }
    }
    node.kill();
    node.startAgain();

    // then
    try (KafkaConsumer<String, String> consumer =
        Clients.consumer(node.bootstrap(), Map.of("group.id", "auditors"))) {
      consumer.subscribe(List.of("ledger"));
      List<ConsumerRecord<String, String>> read = Clients.poll(consumer, count);
      assertThat(read.stream().map(ConsumerRecord::value))
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(0, count).mapToObj(i -> "value-" + i).toList());
      assertThat(byPosition(read)).isEqualTo(acknowledged);
    }
  }

  @Test
  void shouldStopCleanlyAndKeepCommittedOffsets() throws Exception {
    // given
    Clients.createTopic(node.bootstrap(), "notes", 1);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (KafkaProducer<String, String> producer = Clients.producer(node.bootstrap(), Map.of())) {
      for (int i = 0; i < 10; i++) {
        sent.add(producer.send(new ProducerRecord<>("notes", "n" + i)));
      }
    }
    for (Future<RecordMetadata> each : sent) {
      each.get();
    }
    try (KafkaConsumer<String, String> consumer =
        Clients.consumer(
            node.bootstrap(),
            Map.of("group.id", "g", "enable.auto.commit", "false", "max.poll.records", "4"))) {
      consumer.subscribe(List.of("notes"));
      assertThat(Clients.poll(consumer, 4)).hasSize(4);
      consumer.commitSync();
    }

    // when
    int status = node.stop();
    node.startAgain();

    // then
    assertThat(status).isIn(0, 143);
    try (KafkaConsumer<String, String> consumer =
        Clients.consumer(node.bootstrap(), Map.of("group.id", "g"))) {
      consumer.subscribe(List.of("notes"));
      assertThat(Clients.poll(consumer, 6))
          .extracting(ConsumerRecord::value)
          .containsExactly("n4", "n5", "n6", "n7", "n8", "n9");
    }
  }

  private static Map<String, String> byPosition(List<ConsumerRecord<String, String>> records) {
    Map<String, String> byPosition = new HashMap<>();
    for (ConsumerRecord<String, String> each : records) {
      assertThat(byPosition.put(each.partition() + "@" + each.offset(), each.value())).isNull();
    }
    return byPosition;
  }
}
