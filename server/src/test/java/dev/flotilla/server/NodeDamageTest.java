package dev.flotilla.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.flotilla.server.metadata.Replica;
import dev.flotilla.server.network.RawClient;
import dev.flotilla.server.testing.Await;
import dev.flotilla.server.testing.Batches;
import dev.flotilla.server.testing.NodeUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node that finds files of its replicas damaged when it starts. */
@Timeout(180)
final class NodeDamageTest {

  private static final short ALL = -1;
  private static final TopicPartition GOOD = new TopicPartition("good", 0);

  @TempDir Path directory;
  private NodeUnderTest node;
  private Uuid good;
  private long producerId;

  /** Ten batches of two records, and a group that has read seven. */
  @BeforeEach
  void startNode() throws Exception {
    node = NodeUnderTest.start(directory, Map.of());
    good = node.createTopic("good");
    producerId = node.producerId();
    for (int i = 0; i < 10; i++) {
      assertThat(produced("good", good, batch(i)).baseOffset()).isEqualTo(2L * i);
    }
    try (Admin admin = admin()) {
      admin
          .alterConsumerGroupOffsets("readers", Map.of(GOOD, new OffsetAndMetadata(7)))
          .all()
          .get(60, TimeUnit.SECONDS);
    }
  }

  @AfterEach
  void stopNode() {
    node.close();
  }

  @Test
  void shouldServeOtherPartitionsWhenBothVotesOfOneReplicaAreDamaged() throws Exception {
    // given
    Uuid bad = node.createTopic("bad");
    assertThat(produced("bad", bad, Batches.plain("lost from sight")).errorCode()).isZero();
    String group = Replica.groupOf(bad, 0).toString();

    // when
    node.restart(() -> files(group, "vote").forEach(NodeDamageTest::garble));

    // then
    assertSound();
    assertThat(produced("bad", bad, Batches.plain("refused")).errorCode())
        .isNotEqualTo(Errors.NONE.code());
    assertThat(produced("good", good, batch(10)).baseOffset()).isEqualTo(20);
  }

  @Test
  void shouldLoseNothingWithTheNewestCheckpoints() throws Exception {
    node.restart(() ->
        files("", "checkpoint-").stream()
            .collect(Collectors.groupingBy(Path::getParent))
            .values()
            .forEach(each -> garble(each.getLast())));

    assertSound();
  }

  @Test
  void shouldLoseNothingWithAllCheckpointsOfPartitions() throws Exception {
    node.restart(() -> checkpoints().forEach(NodeDamageTest::garble));

    assertSound();
  }

  /** All records are there once, the group's offset too, and duplicates are known as such. */
  private void assertSound() throws Exception {
    Await.until(() -> node.latestOffset("good") == 20);
    assertThat(produced("good", good, batch(9)).baseOffset()).isEqualTo(18);
    assertThat(node.latestOffset("good")).isEqualTo(20);
    try (Admin admin = admin()) {
      var offsets =
          admin
              .listConsumerGroupOffsets("readers")
              .partitionsToOffsetAndMetadata()
              .get(60, TimeUnit.SECONDS);
      assertThat(offsets).containsEntry(GOOD, new OffsetAndMetadata(7));
    }
  }

  private MemoryRecords batch(int number) {
    return Batches.idempotent(producerId, 0, 2 * number, "one", "two");
  }

  private PartitionProduceResponse produced(String topic, Uuid id, MemoryRecords records)
      throws IOException {
    try (RawClient client = node.connect()) {
      int sent = client.send(NodeUnderTest.request(Batches.produce(ALL, topic, id, records)));
      var data = (ProduceResponseData) client.receive(ApiKeys.PRODUCE, sent).data();
      return data.responses().iterator().next().partitionResponses().getFirst();
    }
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + node.port()));
  }

  /** Those of the partitions; without one the metadata is lost, and the node says so. */
  private List<Path> checkpoints() {
    return files("", "checkpoint-").stream()
        .filter(file -> !file.startsWith(directory.resolve("metadata")))
        .toList();
  }

  /** Files in a directory of this name, oldest first; in any if the name is empty. */
  private List<Path> files(String parent, String name) {
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> found =
          files
              .filter(file -> String.valueOf(file.getFileName()).startsWith(name))
              .filter(file -> String.valueOf(file.getParent()).endsWith(parent))
              .sorted(Comparator.comparingLong(NodeDamageTest::modified))
              .toList();
      assertThat(found).as("%s of %s", name, parent).isNotEmpty();
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long modified(Path file) {
    try {
      return Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void garble(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      Arrays.fill(bytes, (byte) 0xA5);
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
