package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.ClusterUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three whole nodes and Kafka's clients: a group goes on when its coordinator moves. */
@Timeout(300)
class GroupsOfClusterTest {

  private static final String OFFSETS = "__consumer_offsets";
  private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

  @TempDir Path root;

  private static Map<String, Object> clients(ClusterUnderTest cluster) {
    var bootstrap =
        IntStream.of(1, 2, 3)
            .mapToObj(id -> "127.0.0.1:" + cluster.node(id).port())
            .collect(Collectors.joining(","));
    return new HashMap<>(Map.of("bootstrap.servers", bootstrap));
  }

  private static KafkaProducer<String, String> producer(ClusterUnderTest cluster) {
    return new KafkaProducer<>(clients(cluster), new StringSerializer(), new StringSerializer());
  }

  private static KafkaConsumer<String, String> consumer(
      ClusterUnderTest cluster, String group, String protocol) {
    var settings = clients(cluster);
    settings.put("group.id", group);
    settings.put("group.protocol", protocol);
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", "false");
    return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
  }

  private static void send(KafkaProducer<String, String> producer, int from, int end)
      throws ExecutionException, InterruptedException {
    for (var i = from; i < end; i++) {
      producer.send(new ProducerRecord<>("orders", 0, null, "" + i)).get();
    }
  }

  private static List<String> poll(KafkaConsumer<String, String> consumer, int count) {
    var values = new ArrayList<String>();
    Await.until(() -> {
      consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
      return values.size() >= count;
    });
    return values;
  }

  private static List<String> numbers(int from, int end) {
    return IntStream.range(from, end).mapToObj(Integer::toString).toList();
  }

  /** The node that leads the one partition of the groups. */
  private static int coordinator(ClusterUnderTest cluster) {
    Await.until(() -> leaderOfOffsets(cluster) > 0);
    return leaderOfOffsets(cluster);
  }

  private static int leaderOfOffsets(ClusterUnderTest cluster) {
    return cluster.partitions(1, OFFSETS).values().stream()
        .mapToInt(MetadataResponsePartition::leaderId)
        .max()
        .orElse(-1);
  }

  private static long committed(KafkaConsumer<String, String> consumer) {
    return consumer.committed(Set.of(PARTITION)).values().stream()
        .mapToLong(OffsetAndMetadata::offset)
        .sum();
  }

  @Test
  void shouldGoOnWithItsOffsetsWhenItsCoordinatorStops() throws Exception {
    try (var cluster = new ClusterUnderTest(root, 3, Map.of())) {
      cluster.createTopic(1, "orders", 1, 3);
      try (var producer = producer(cluster);
          var classic = consumer(cluster, "classic", "classic");
          var modern = consumer(cluster, "modern", "consumer")) {
        classic.subscribe(List.of("orders"));
        modern.subscribe(List.of("orders"));
        send(producer, 0, 10);
        assertThat(poll(classic, 10)).isEqualTo(numbers(0, 10));
        assertThat(poll(modern, 10)).isEqualTo(numbers(0, 10));
        classic.commitSync();
        modern.commitSync();

        // The one partition of __consumer_offsets moves twice.
        for (var moves = 1; moves <= 2; moves++) {
          var coordinator = coordinator(cluster);
          cluster.stop(coordinator);
          send(producer, 10 * moves, 10 * moves + 10);

          assertThat(poll(classic, 10)).isEqualTo(numbers(10 * moves, 10 * moves + 10));
          assertThat(poll(modern, 10)).isEqualTo(numbers(10 * moves, 10 * moves + 10));
          classic.commitSync();
          modern.commitSync();
          cluster.start(coordinator);
        }

        assertThat(committed(classic)).isEqualTo(30);
        assertThat(committed(modern)).isEqualTo(30);
      }
    }
  }
}
